package io.millrace.fanout.kinesis;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;

/** Gathers one answer. The HTTP client calls it, one call at a time. */
final class BodyCollector implements SdkAsyncHttpResponseHandler, Subscriber<ByteBuffer> {
    /** Above the 10 MiB of records that an answer may hold (GetRecords, Kinesis API), in any encoding. */
    private static final int MOST_BYTES = 64 << 20;

    private final CompletableFuture<HttpAnswer> whole = new CompletableFuture<>();
    private @Nullable SdkHttpResponse head;
    private @Nullable Subscription body;
    private byte[] bytes = new byte[0];
    private int size;

    /** Completes with the answer, on a thread of the HTTP client. */
    CompletableFuture<HttpAnswer> whole() {
        return whole;
    }

    void fail(Throwable error) {
        whole.completeExceptionally(error);
    }

    @Override
    public void onHeaders(SdkHttpResponse headers) {
        head = headers;
        headers.firstMatchingHeader("Content-Length").ifPresent(length -> bytes = new byte[expected(length)]);
    }

    @Override
    public void onStream(Publisher<ByteBuffer> stream) {
        stream.subscribe(this);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        body = subscription;
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(ByteBuffer part) {
        int length = part.remaining();
        if (length > MOST_BYTES - size) {
            Subscription open = body;
            if (open != null) {
                open.cancel();
            }
            fail(new IllegalArgumentException("the answer is longer than " + MOST_BYTES + " bytes"));
            return;
        }
        if (size + length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + length, Math.min(MOST_BYTES, 2 * bytes.length)));
        }
        part.get(bytes, size, length);
        size += length;
    }

    @Override
    public void onComplete() {
        SdkHttpResponse known = head;
        if (known == null) {
            fail(new IllegalStateException("an answer without a head"));
        } else {
            whole.complete(new HttpAnswer(known, size == bytes.length ? bytes : Arrays.copyOf(bytes, size)));
        }
    }

    @Override
    public void onError(Throwable error) {
        fail(error);
    }

    private static int expected(String length) {
        try {
            return Math.max(0, Math.min(MOST_BYTES, Integer.parseInt(length)));
        } catch (NumberFormatException unreadable) {
            return 0;
        }
    }
}
