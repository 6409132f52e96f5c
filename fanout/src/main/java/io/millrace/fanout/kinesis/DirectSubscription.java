package io.millrace.fanout.kinesis;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.http.async.SdkAsyncHttpResponseHandler;

/**
 * One call of SubscribeToShard. It takes no more bytes from the connection than the events need that were asked for, so that the
 * service sends no more than the connection's window ahead of a reader that is slow.
 *
 * <p>Safe for any thread. Whoever has something for it leaves it there; one thread at a time goes on with all that is there.
 */
public final class DirectSubscription {
    private static final String EVENT_STREAM = "application/vnd.amazon.eventstream";
    /** The most that HTTP/2 puts into one frame unless more is agreed on. */
    private static final int PIECE = 16 << 10;

    private final SignedCalls calls;
    private final Listener listener;
    private final Consumer<IllegalArgumentException> cannotRead;

    private final AtomicLong wanted = new AtomicLong();
    private final Queue<ByteBuffer> pieces = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private final AtomicReference<@Nullable Subscription> bytes = new AtomicReference<>();
    private final AtomicReference<@Nullable CompletableFuture<Void>> call = new AtomicReference<>();
    /** Nothing is told any more. */
    private final AtomicBoolean over = new AtomicBoolean();

    /** How often somebody left something since the thread that goes on last looked. */
    private final AtomicInteger left = new AtomicInteger();

    // Of the thread that goes on.
    private final EventFrames frames = new EventFrames();
    private boolean isOpen;
    /** Pieces that were asked for and did not come yet. */
    private long asked;

    DirectSubscription(SignedCalls calls, Listener listener, Consumer<IllegalArgumentException> cannotRead) {
        this.calls = calls;
        this.listener = listener;
        this.cannotRead = cannotRead;
    }

    /** Takes what a subscription brings. Called on any thread, one call at a time; must not block. */
    public interface Listener {
        /** The service accepted the subscription. */
        void opened();

        /** One event that was asked for. */
        void event(SubscriptionEvent event);

        /**
         * The subscription is over; the last call.
         *
         * @param error the SDK's exception of a refusal, or what else ended it; null if the service ended it in good order
         */
        void ended(@Nullable Throwable error);
    }

    /**
     * How the bytes ended.
     *
     * @param error null in good order
     */
    private record End(@Nullable Throwable error) {}

    void open(URI endpoint, String target, byte[] body) {
        CompletableFuture<Void> begun = calls.open(endpoint, target, body, new Answer());
        call.set(begun);
        if (over.get()) {
            begun.cancel(true);
        }
        CompletableFuture<Void> unused = begun.whenComplete((done, error) -> {
            if (error != null) {
                end(error);
            }
        });
    }

    /** Asks for one more event. */
    public void request() {
        wanted.incrementAndGet();
        goOn();
    }

    /** Ends the subscription; its listener is told nothing more, except what is being told right now. */
    public void cancel() {
        if (over.compareAndSet(false, true)) {
            letGo();
        }
    }

    private void end(@Nullable Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        end.compareAndSet(null, new End(cause));
        goOn();
    }

    private void goOn() {
        if (left.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        while (seen != 0) {
            try {
                advance();
            } catch (IllegalArgumentException unreadable) {
                cannotRead.accept(unreadable);
                tellEnd(unreadable);
            } catch (RuntimeException failure) {
                tellEnd(failure);
            }
            seen = left.addAndGet(-seen);
        }
    }

    private void advance() {
        // Known before the pieces are taken, the end comes after all of them.
        End known = end.get();
        boolean isHeld = false;
        for (ByteBuffer next = pieces.poll(); next != null && !over.get(); next = pieces.poll()) {
            asked--;
            frames.add(next);
            isHeld = giveOut();
        }
        if (!isHeld) {
            isHeld = giveOut();
        }
        if (over.get()) {
            pieces.clear();
        } else if (known != null && known.error() != null) {
            tellEnd(known.error());
        } else if (known != null && !isHeld) {
            tellEnd(frames.isEmpty() ? null : new IOException("the stream of events ended within a message"));
        } else if (known == null && !isHeld) {
            askForPieces();
        }
    }

    private void askForPieces() {
        Subscription source = bytes.get();
        if (source != null && asked == 0 && (wanted.get() > 0 || !isOpen)) {
            asked = Math.max(1, (frames.missing() + PIECE - 1) / PIECE);
            source.request(asked);
        }
    }

    /**
     * Hands on what is whole.
     *
     * @return true if an event is whole and nobody asked for it
     */
    private boolean giveOut() {
        for (Optional<EventFrames.Message> next = frames.peek();
                next.isPresent() && !over.get();
                next = frames.peek()) {
            EventFrames.Message message = next.get();
            if (!message.header(":message-type").equals("event")) {
                tellEnd(Refusal.of(message).asException());
                return false;
            }
            String kind = message.header(":event-type");
            if (kind.equals("SubscribeToShardEvent")) {
                if (wanted.get() == 0) {
                    return true;
                }
                SubscriptionEvent event = EventPayload.read(message.json());
                message.remove();
                wanted.decrementAndGet();
                listener.event(event);
            } else {
                // A kind of event that is newer than this code brings no records.
                message.remove();
                if (kind.equals("initial-response")) {
                    isOpen = true;
                    listener.opened();
                }
            }
        }
        return false;
    }

    private void tellEnd(@Nullable Throwable error) {
        if (over.compareAndSet(false, true)) {
            letGo();
            listener.ended(error);
        }
    }

    private void letGo() {
        Subscription source = bytes.get();
        if (source != null) {
            source.cancel();
        }
        CompletableFuture<Void> begun = call.get();
        if (begun != null) {
            begun.cancel(true);
        }
    }

    /** The HTTP client calls it, one call at a time. */
    private final class Answer implements SdkAsyncHttpResponseHandler, Subscriber<ByteBuffer> {
        private @Nullable BodyCollector refusal;

        @Override
        public void onHeaders(SdkHttpResponse head) {
            String type = head.firstMatchingHeader("Content-Type").orElse("");
            if (head.isSuccessful() && type.startsWith(EVENT_STREAM)) {
                return;
            }
            BodyCollector collector = new BodyCollector();
            collector.onHeaders(head);
            refusal = collector;
            CompletableFuture<HttpAnswer> unused = collector.whole().whenComplete((answer, error) -> {
                if (answer == null) {
                    end(error);
                } else if (answer.head().isSuccessful()) {
                    cannotRead.accept(new IllegalArgumentException("not a stream of events but '" + type + "'"));
                    end(new IOException("not a stream of events but '" + type + "'"));
                } else {
                    end(calls.refusal(answer));
                }
            });
        }

        @Override
        public void onStream(Publisher<ByteBuffer> stream) {
            BodyCollector collector = refusal;
            if (collector == null) {
                stream.subscribe(this);
            } else {
                collector.onStream(stream);
            }
        }

        @Override
        public void onSubscribe(Subscription open) {
            bytes.set(open);
            if (over.get()) {
                open.cancel();
            } else {
                goOn();
            }
        }

        @Override
        public void onNext(ByteBuffer piece) {
            pieces.add(piece);
            goOn();
        }

        @Override
        public void onComplete() {
            end(null);
        }

        @Override
        public void onError(Throwable error) {
            end(error);
        }
    }
}
