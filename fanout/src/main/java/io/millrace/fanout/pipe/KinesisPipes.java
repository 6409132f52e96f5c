package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.DirectSubscription;
import io.millrace.fanout.kinesis.DirectSubscriptions;
import io.millrace.fanout.kinesis.KinesisShapes;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.kinesis.SubscriptionEvent;
import io.millrace.model.ChildShard;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Subscriptions through the Kinesis API. Safe for any thread; does not close its client. */
public final class KinesisPipes implements ShardPipes {
    private static final Logger log = LoggerFactory.getLogger(KinesisPipes.class);

    /** Longer than any subscription lives, whatever limit the client has for its other calls. */
    private static final Duration CALL_TIMEOUT = Duration.ofMinutes(6);

    private final KinesisAsyncClient client;
    private final @Nullable DirectSubscriptions direct;
    private final ConsumerRegistration consumers;
    private final AtomicBoolean smallnessTold = new AtomicBoolean();

    /**
     * Subscribes through {@code client}, which must not retry subscriptions by itself nor end them for want of bytes:
     * {@link PipeClient} makes one that fits. One that turns out to be too small is told of in the log, once.
     *
     * @param streams knows how the client's streams are addressed
     */
    public KinesisPipes(KinesisAsyncClient client, KinesisStreams streams, FanOutConsumer consumer) {
        this(client, null, streams, consumer);
    }

    /** Subscribes past the SDK where {@code kinesis} can, and through its client otherwise, which must fit as well. */
    public KinesisPipes(DirectKinesis kinesis, KinesisStreams streams, FanOutConsumer consumer) {
        this(kinesis.client(), kinesis.subscriptions().orElse(null), streams, consumer);
    }

    private KinesisPipes(
            KinesisAsyncClient client,
            @Nullable DirectSubscriptions direct,
            KinesisStreams streams,
            FanOutConsumer consumer) {
        this.client = requireNonNull(client, "client");
        this.direct = direct;
        this.consumers = new ConsumerRegistration(
                client, requireNonNull(streams, "streams"), requireNonNull(consumer, "consumer"));
    }

    /**
     * Finds the consumer on {@code stream}, and registers one that is known by name, ahead of the first subscription. A service
     * that does not answer is no reason to refuse: subscribing tries again and again. Where subscriptions go is found out too, which
     * takes a cold client a fifth of a second, in which the first shard would stand still; that is not waited for.
     *
     * @return fails with {@link FanOutRefusedException} when the consumer is not there, is another stream's, or must not be
     *     registered
     */
    public CompletableFuture<@Nullable Void> prepare(StreamName stream) {
        CompletableFuture<@Nullable Void> prepared = consumers.prepare(stream);
        DirectSubscriptions ways = direct;
        if (ways != null) {
            CompletableFuture<Optional<URI>> unused =
                    prepared.thenCompose(ready -> consumers.arn(stream)).thenCompose(ways::endpoint);
        }
        return prepared;
    }

    @Override
    public Subscription subscribe(StreamName stream, ShardId shard, Position from, PipeListener listener) {
        Pipe pipe = new Pipe(stream, listener);
        CompletableFuture<String> unused = consumers.arn(stream).whenComplete((arn, error) -> {
            if (error != null) {
                pipe.end(error);
            } else {
                pipe.begin(arn, shard, from);
            }
        });
        return pipe;
    }

    private static StartingPosition position(Position from) {
        StartingPosition.Builder shape = StartingPosition.builder();
        if (from instanceof Position.TrimHorizon) {
            shape.type("TRIM_HORIZON");
        } else if (from instanceof Position.Latest) {
            shape.type("LATEST");
        } else if (from instanceof Position.AtTimestamp at) {
            shape.type("AT_TIMESTAMP").timestamp(at.time());
        } else if (from instanceof Position.AtSequenceNumber at) {
            shape.type("AT_SEQUENCE_NUMBER").sequenceNumber(at.sequenceNumber().toString());
        } else if (from instanceof Position.AfterRecord after) {
            shape.type("AT_SEQUENCE_NUMBER")
                    .sequenceNumber(after.record().sequenceNumber().toString());
        } else if (from instanceof Position.AfterSequenceNumber after) {
            shape.type("AFTER_SEQUENCE_NUMBER")
                    .sequenceNumber(after.sequenceNumber().toString());
        }
        return shape.build();
    }

    static PipeEnd endOf(Throwable error) {
        Throwable cause = ConsumerRegistration.cause(error);
        String message = said(cause);
        PipeEnd.Kind kind = PipeEnd.Kind.BROKEN;
        if (cause instanceof ResourceInUseException) {
            kind = PipeEnd.Kind.IN_USE;
        } else if (cause instanceof LimitExceededException) {
            kind = PipeEnd.Kind.THROTTLED;
        } else if (cause instanceof ResourceNotFoundException) {
            kind = PipeEnd.Kind.GONE;
        } else if (cause instanceof FanOutRefusedException) {
            kind = PipeEnd.Kind.FORBIDDEN;
        } else if (cause instanceof InvalidArgumentException) {
            kind = PipeEnd.Kind.POSITION_REFUSED;
        } else if (cause instanceof AwsServiceException refused && refused.statusCode() / 100 == 4) {
            kind = refused.isThrottlingException() ? PipeEnd.Kind.THROTTLED : PipeEnd.Kind.FORBIDDEN;
        }
        return new PipeEnd(kind, message);
    }

    /** The service's own words, without the ids of the request, which would make every refusal another one. */
    static String said(Throwable cause) {
        AwsErrorDetails details = cause instanceof AwsServiceException refused ? refused.awsErrorDetails() : null;
        String words = details == null ? null : details.errorMessage();
        return words == null ? String.valueOf(cause.getMessage()) : words;
    }

    /** The SDK shows neither a client's read timeout nor how many streams it opens; only these ends tell. */
    private static boolean isOfSmallClient(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause.getClass().getSimpleName().equals("ReadTimeoutException")
                    || message.contains("Acquire operation took longer")
                    || message.contains("Maximum pending connection acquisitions")) {
                return true;
            }
        }
        return false;
    }

    /** One call of SubscribeToShard, which hands events on as they are asked for. */
    private final class Pipe implements Subscription, Subscriber<SubscribeToShardEventStream> {
        private final StreamName stream;
        private final PipeListener listener;
        private final AtomicReference<org.reactivestreams.@Nullable Subscription> events = new AtomicReference<>();
        private final AtomicReference<@Nullable CompletableFuture<Void>> call = new AtomicReference<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Demand demand = new Demand();

        Pipe(StreamName stream, PipeListener listener) {
            this.stream = stream;
            this.listener = listener;
        }

        void begin(String consumerArn, ShardId shard, Position from) {
            DirectSubscriptions ways = direct;
            CompletableFuture<Optional<URI>> endpoint =
                    ways == null ? CompletableFuture.completedFuture(Optional.empty()) : ways.endpoint(consumerArn);
            CompletableFuture<Void> unused = endpoint.thenAccept(found -> {
                // A closed client throws.
                try {
                    if (ways != null && found.isPresent()) {
                        subscribe(ways, found.get(), consumerArn, shard, from);
                    } else {
                        subscribe(consumerArn, shard, position(from));
                    }
                } catch (RuntimeException refused) {
                    end(refused);
                }
            });
        }

        private void subscribe(
                DirectSubscriptions ways, URI endpoint, String consumerArn, ShardId shard, Position from) {
            if (over.get()) {
                return;
            }
            DirectSubscription open = ways.subscribe(endpoint, consumerArn, shard, from, new Direct());
            onSubscribe(new org.reactivestreams.Subscription() {
                @Override
                public void request(long count) {
                    for (long i = 0; i < count; i++) {
                        open.request();
                    }
                }

                @Override
                public void cancel() {
                    open.cancel();
                }
            });
        }

        /** Hands on what a subscription past the SDK brings. */
        private final class Direct implements DirectSubscription.Listener {
            @Override
            public void opened() {
                listener.opened();
            }

            @Override
            public void event(SubscriptionEvent event) {
                if (!over.get()) {
                    listener.event(new PipeEvent(
                            event.records(), event.continuation(), event.millisBehindLatest(), event.children()));
                }
            }

            @Override
            public void ended(@Nullable Throwable error) {
                end(error);
            }
        }

        private void subscribe(String consumerArn, ShardId shard, StartingPosition from) {
            if (over.get()) {
                return;
            }
            SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
                    .onResponse(accepted -> listener.opened())
                    .onEventStream(publisher -> publisher.subscribe(this))
                    .build();
            CompletableFuture<Void> answer = client.subscribeToShard(
                    request -> request.consumerARN(consumerArn)
                            .shardId(shard.value())
                            .startingPosition(from)
                            .overrideConfiguration(
                                    call -> call.apiCallTimeout(CALL_TIMEOUT).apiCallAttemptTimeout(CALL_TIMEOUT)),
                    handler);
            call.set(answer);
            if (over.get()) {
                answer.cancel(true);
            }
            CompletableFuture<Void> unused = answer.whenComplete((ended, error) -> end(error));
        }

        void end(@Nullable Throwable error) {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            PipeEnd end = error == null ? new PipeEnd(PipeEnd.Kind.COMPLETE, "ended by the service") : endOf(error);
            if (end.kind() == PipeEnd.Kind.GONE) {
                consumers.forget(stream);
            }
            if (error != null && isOfSmallClient(error) && smallnessTold.compareAndSet(false, true)) {
                log.warn(
                        "the Kinesis client given to the worker is too small for subscriptions ({}); PipeClient.create makes"
                                + " one that fits",
                        end.message());
            }
            listener.ended(end);
        }

        @Override
        public void request() {
            demand.add(events.get());
        }

        @Override
        public void cancel() {
            if (over.compareAndSet(false, true)) {
                org.reactivestreams.Subscription open = events.get();
                if (open != null) {
                    open.cancel();
                }
                CompletableFuture<Void> answer = call.get();
                if (answer != null) {
                    answer.cancel(true);
                }
            }
        }

        @Override
        public void onSubscribe(org.reactivestreams.Subscription open) {
            events.set(open);
            if (over.get()) {
                open.cancel();
            } else {
                demand.begin(open);
            }
        }

        @Override
        public void onNext(SubscribeToShardEventStream event) {
            if (over.get()) {
                return;
            }
            if (event instanceof SubscribeToShardEvent records) {
                listener.event(event(records));
            } else {
                // A kind of event that is newer than this code brings no records.
                requireNonNull(events.get(), "events").request(1);
            }
        }

        @Override
        public void onError(Throwable error) {
            end(error);
        }

        @Override
        public void onComplete() {
            // The call's own future tells the end, with its reason.
        }
    }

    private static PipeEvent event(SubscribeToShardEvent shape) {
        List<StreamRecord> records =
                shape.records().stream().map(KinesisShapes::record).toList();
        List<ChildShard> children = shape.hasChildShards()
                ? shape.childShards().stream().map(KinesisShapes::child).toList()
                : List.of();
        String continuation = shape.continuationSequenceNumber();
        Long behind = shape.millisBehindLatest();
        return new PipeEvent(
                records,
                continuation == null ? null : SequenceNumber.parse(continuation),
                behind == null ? 0 : behind,
                children);
    }
}
