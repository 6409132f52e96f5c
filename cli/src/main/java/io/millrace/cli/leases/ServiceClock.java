package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.model.Position;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** What the stream service says the time is: this machine's clock may be wrong, and records are stamped by the service's. */
public final class ServiceClock {
    private static final Duration EARLIEST = Duration.ofSeconds(2);

    private ServiceClock() {}

    /**
     * Refuses a moment that is still to come for the stream service. Of a stream that is not there nothing is said.
     *
     * @param stream a name or an ARN
     * @throws CommandFailure if {@code from} is after the service's time
     */
    public static void refuseFuture(Position.Initial from, KinesisStreams service, String stream) {
        refuseFuture(
                from,
                service,
                StreamArn.isMeant(stream) ? StreamArn.parse(stream).qualifiedName() : new StreamName(stream));
    }

    /** The same of a stream by its name. */
    static void refuseFuture(Position.Initial from, KinesisStreams service, StreamName stream) {
        if (from instanceof Position.AtTimestamp) {
            // The service's time may be told up to two seconds early.
            now(service, stream).ifPresent(now -> StartPosition.refuseFuture(from, now.plus(EARLIEST)));
        }
    }

    /**
     * The service's time; empty when there is no such stream.
     *
     * @throws CommandFailure if the service tells no time
     */
    public static Optional<Instant> now(KinesisStreams service, StreamName stream) {
        try {
            return service.time(stream).join();
        } catch (CompletionException error) {
            if (error.getCause() instanceof IllegalStateException untold) {
                throw CommandFailure.failed(String.valueOf(untold.getMessage()), untold);
            }
            throw error;
        }
    }
}
