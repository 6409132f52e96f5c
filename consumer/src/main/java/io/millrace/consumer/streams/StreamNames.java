package io.millrace.consumer.streams;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.runtime.Backoff;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Finds the names by which an application knows the streams that a worker was given by name or by ARN: leases, plans and
 * checkpoints stand under these. Safe for any thread; calls do not block.
 */
public final class StreamNames {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(2));
    /** How long to ask a service that does not answer, as long as a worker's start waits for one. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KinesisStreams streams;
    private final Platform platform;

    /** Asks {@code streams} about ARNs. */
    public StreamNames(KinesisStreams streams, Platform platform) {
        this.streams = requireNonNull(streams, "streams");
        this.platform = requireNonNull(platform, "platform");
    }

    /**
     * The name of a stream; asks nobody about a plain one.
     *
     * @throws IllegalArgumentException if the text is neither a name nor an ARN
     * @return fails as {@link KinesisStreams#nameOf} does, once the service has had some seconds to answer
     */
    public CompletableFuture<StreamName> of(String nameOrArn) {
        return StreamArn.isMeant(nameOrArn) ? ask(StreamArn.parse(nameOrArn)) : of(new StreamName(nameOrArn));
    }

    private CompletableFuture<StreamName> of(StreamName name) {
        return name.arn().map(this::ask).orElseGet(() -> CompletableFuture.completedFuture(name));
    }

    private CompletableFuture<StreamName> ask(StreamArn arn) {
        EventLoop loop = platform.newEventLoop("millrace-names");
        CompletableFuture<StreamName> answer = new CompletableFuture<>();
        ask(arn, loop, platform.ticker().nanoTime(), 1, answer);
        return answer.whenComplete((name, error) -> loop.close());
    }

    private void ask(StreamArn arn, EventLoop loop, long begun, int count, CompletableFuture<StreamName> answer) {
        loop.whenComplete(streams.nameOf(arn), (name, error) -> {
            if (name != null) {
                answer.complete(name);
            } else if (error instanceof IllegalArgumentException
                    || platform.ticker().since(begun).compareTo(PATIENCE) >= 0) {
                answer.completeExceptionally(requireNonNull(error));
            } else {
                loop.schedule(BACKOFF.delay(count, platform.random()), () -> ask(arn, loop, begun, count + 1, answer));
            }
        });
    }

    /**
     * The same streams under the names by which they are known. Completes at once if all names are plain.
     *
     * @return fails as {@link #of(String)}, and with an {@link IllegalArgumentException} when two are the same stream
     */
    public CompletableFuture<List<StreamSettings>> ofAll(List<StreamSettings> given) {
        List<CompletableFuture<StreamSettings>> asked = new ArrayList<>();
        for (StreamSettings stream : given) {
            asked.add(of(stream.name()).thenApply(name -> new StreamSettings(name, stream.initialPosition())));
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(all ->
                        checkDiffer(asked.stream().map(CompletableFuture::join).toList()));
    }

    private static List<StreamSettings> checkDiffer(List<StreamSettings> streams) {
        Set<StreamName> seen = new HashSet<>();
        for (StreamSettings stream : streams) {
            if (!seen.add(stream.name())) {
                throw new IllegalArgumentException(
                        "stream " + stream.name() + " is named twice, by its name and by its ARN");
            }
        }
        return streams;
    }
}
