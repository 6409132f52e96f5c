package io.millrace.fanout.kinesis;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.http.async.SdkHttpContentPublisher;

/** The body of a request. */
final class RequestBody implements SdkHttpContentPublisher {
    private final long length;
    private final AsyncRequestBody publisher;

    RequestBody(byte[] bytes) {
        this.length = bytes.length;
        this.publisher = AsyncRequestBody.fromBytesUnsafe(bytes);
    }

    @Override
    public Optional<Long> contentLength() {
        return Optional.of(length);
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
        publisher.subscribe(subscriber);
    }
}
