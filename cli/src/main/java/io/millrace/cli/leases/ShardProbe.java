package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.TimeLimits;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Asks the stream where a lease alone does not say whether it fits, or what it means to the KCL. Blocks; for one thread.
 */
final class ShardProbe {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final int ATTEMPTS = 20;
    private static final int PAGES = 1_000;

    private final ShardReaders readers;

    ShardProbe(ShardReaders readers) {
        this.readers = readers;
    }

    /**
     * Makes sure that the stream knows the place where the KCL stopped; one that was deleted and made again since has other
     * sequence numbers.
     */
    void check(LeaseRow lease) {
        if (lease.checkpoint() instanceof Checkpoint.Processed processed) {
            ShardReader reader =
                    readers.reader(lease.key().stream(), lease.key().shard());
            persist(lease.key(), () -> reader.getIterator(new Position.AfterRecord(processed.position())));
        }
    }

    /** The lease such that the KCL is told of no time where it need not be. */
    LeaseRow forTheKcl(LeaseRow lease) {
        if (lease.checkpoint() instanceof Checkpoint.NotStarted start
                && start.position() instanceof Position.AtTimestamp from) {
            boolean isAll = first(lease.key())
                    .map(oldest -> !oldest.arrival().isBefore(from.time()))
                    .orElse(true);
            return isAll ? lease.withCheckpoint(Checkpoint.notStarted(Position.trimHorizon())) : lease;
        }
        return lease;
    }

    /** The oldest record; empty when there is none yet, or the shard or its stream is gone. */
    private Optional<StreamRecord> first(LeaseKey lease) {
        ShardReader reader = readers.reader(lease.stream(), lease.shard());
        Optional<ShardIterator> next = persist(lease, () -> reader.getIterator(Position.trimHorizon()));
        for (int i = 0; i < PAGES && next.isPresent(); i++) {
            ShardIterator iterator = next.get();
            Optional<ShardPage> read = persist(lease, () -> reader.getRecords(iterator, 1));
            if (read.isEmpty()) {
                return Optional.empty();
            }
            ShardPage page = read.get();
            if (!page.records().isEmpty()) {
                return Optional.of(page.records().get(0));
            }
            if (page.millisBehindLatest() == 0) {
                return Optional.empty();
            }
            next = page.next();
        }
        if (next.isEmpty()) {
            return Optional.empty();
        }
        throw CommandFailure.failed(lease + " gave no record in " + PAGES + " reads, try again");
    }

    /** The answer; empty when the shard or its stream is gone. */
    private static <T> Optional<T> persist(LeaseKey lease, Supplier<CompletableFuture<T>> call) {
        try {
            return Optional.of(persist(call));
        } catch (ShardReadException error) {
            if (error.kind() == ShardReadException.Kind.GONE) {
                return Optional.empty();
            }
            if (error.kind() == ShardReadException.Kind.POSITION_REFUSED) {
                throw CommandFailure.failed(
                        "stream " + lease.stream() + " does not know the checkpoint of " + lease.shard()
                                + ": it is another stream than the leases are about, or was deleted and made again",
                        error);
            }
            throw error;
        }
    }

    /** Goes on while trying again may help. */
    static <T> T persist(Supplier<CompletableFuture<T>> call) {
        for (int attempt = 1; true; attempt++) {
            try {
                return call.get().join();
            } catch (CompletionException error) {
                if (!(error.getCause() instanceof ShardReadException read)) {
                    throw error;
                }
                boolean mayPass = read.kind() == ShardReadException.Kind.THROTTLED
                        || (read.kind() == ShardReadException.Kind.TRANSIENT && !TimeLimits.isOver(read));
                if (!mayPass || attempt == ATTEMPTS) {
                    throw read;
                }
                Pause.of(PAUSE);
            }
        }
    }
}
