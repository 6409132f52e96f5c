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
import io.millrace.model.Aggregation;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * Looks at single records, where a checkpoint alone does not say what it means to the other side. The KCL takes aggregates
 * apart and counts within them; our workers hand them out whole. Blocks; for one thread.
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
     * The lease such that our workers skip nothing: where the KCL stopped within an aggregate, the aggregate comes again.
     *
     * @param notes gets a line about each such lease
     */
    LeaseRow forUs(LeaseRow lease, List<String> notes) {
        if (!(lease.checkpoint() instanceof Checkpoint.Processed processed)) {
            return lease;
        }
        RecordPosition position = processed.position();
        Optional<StreamRecord> record = at(lease.key(), position);
        OptionalInt parts =
                record.map(StreamRecord::data).map(Aggregation::count).orElse(OptionalInt.empty());
        if (parts.isEmpty() || position.subSequenceNumber() >= parts.getAsInt() - 1) {
            return lease;
        }
        // Arrival times are shown in milliseconds and may be rounded.
        Instant before = record.orElseThrow().arrival().minusMillis(1);
        notes.add(lease.key() + ": the KCL stopped within an aggregate, after " + (position.subSequenceNumber() + 1)
                + " of its " + parts.getAsInt() + " records; all of it is read again, from " + before);
        return lease.withCheckpoint(Checkpoint.notStarted(new Position.AtTimestamp(before)));
    }

    /** The lease such that the KCL reads nothing again, and is told of no time where it need not be. */
    LeaseRow forTheKcl(LeaseRow lease) {
        if (lease.checkpoint() instanceof Checkpoint.Processed processed) {
            RecordPosition position = processed.position();
            OptionalInt parts = position.subSequenceNumber() > 0
                    ? OptionalInt.empty()
                    : at(lease.key(), position)
                            .map(StreamRecord::data)
                            .map(Aggregation::count)
                            .orElse(OptionalInt.empty());
            return parts.isPresent() && parts.getAsInt() > 1
                    ? lease.withCheckpoint(
                            Checkpoint.processed(new RecordPosition(position.sequenceNumber(), parts.getAsInt() - 1)))
                    : lease;
        }
        if (lease.checkpoint() instanceof Checkpoint.NotStarted start
                && start.position() instanceof Position.AtTimestamp from) {
            boolean isAll = first(lease.key(), Position.trimHorizon())
                    .map(oldest -> !oldest.arrival().isBefore(from.time()))
                    .orElse(true);
            return isAll ? lease.withCheckpoint(Checkpoint.notStarted(Position.trimHorizon())) : lease;
        }
        return lease;
    }

    private Optional<StreamRecord> at(LeaseKey lease, RecordPosition position) {
        return first(lease, new Position.AtSequenceNumber(position.sequenceNumber()))
                .filter(record -> record.position().sequenceNumber().equals(position.sequenceNumber()));
    }

    /** The first record from there on; empty when there is none yet, or the shard or its stream is gone. */
    private Optional<StreamRecord> first(LeaseKey lease, Position from) {
        ShardReader reader = readers.reader(lease.stream(), lease.shard());
        try {
            ShardIterator next = persist(() -> reader.getIterator(from));
            for (int i = 0; i < PAGES; i++) {
                ShardIterator iterator = next;
                ShardPage page = persist(() -> reader.getRecords(iterator, 1));
                if (!page.records().isEmpty()) {
                    return Optional.of(page.records().get(0));
                }
                if (page.millisBehindLatest() == 0 || page.next().isEmpty()) {
                    return Optional.empty();
                }
                next = page.next().get();
            }
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
        throw CommandFailure.failed(lease + " gave no record in " + PAGES + " reads, try again");
    }

    private static <T> T persist(Supplier<CompletableFuture<T>> call) {
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
