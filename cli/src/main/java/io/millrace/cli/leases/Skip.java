package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.ShardReaders;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.admin.LeaseSkip;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what would be skipped of one shard, and has {@link LeaseSkip} move its lease. Blocks; for one thread, once.
 */
final class Skip {
    private static final int PAGE = 1_000;
    private static final int MOST_PAGES = 100;

    private final LeaseTable table;
    private final ShardReaders readers;
    private final SequenceNumber to;
    private final OptionalLong within;

    /**
     * Nothing is done yet.
     *
     * @param to the stored record up to which is skipped
     * @param within the user record within it, if it is an aggregate; none means the last
     */
    Skip(LeaseTable table, ShardReaders readers, SequenceNumber to, OptionalLong within) {
        this.table = table;
        this.readers = readers;
        this.to = to;
        this.within = within;
    }

    /**
     * The records that would be skipped.
     *
     * @param lease the lease as it was seen
     * @param target the checkpoint behind the records
     * @param records how many they are
     * @param isCounted false if there are more than were counted
     * @param firstOrNull when the first of them arrived; absent if they were not found
     * @param last when the last of them arrived
     */
    record Plan(
            LeaseRow lease,
            Checkpoint target,
            long records,
            boolean isCounted,
            @Nullable Instant firstOrNull,
            Instant last) {
        /** Such as {@code 3 records}. */
        String counted() {
            return (isCounted ? "" : "more than ") + records + (records == 1 ? " record" : " records");
        }

        /** How far the lease is, what would be skipped, and who has it: what a person must know before saying yes. */
        List<String> lines() {
            List<String> lines = new ArrayList<>();
            lines.add(lease.key() + ", "
                    + lease.owner().map(id -> "owned by " + id.name()).orElse("owned by nobody") + ", epoch "
                    + lease.epoch());
            lines.add("  processed up to " + LeaseReport.text(lease.checkpoint()));
            lines.add("  to be skipped   " + counted() + ", the last is " + LeaseReport.text(target));
            lines.add("  arrived         "
                    + (firstOrNull == null || firstOrNull.equals(last) ? last : firstOrNull + " to " + last));
            return lines;
        }
    }

    /**
     * Looks at what would be skipped.
     *
     * @throws CommandFailure if the position is not one of the shard, or behind the checkpoint; nothing was changed then
     */
    Plan plan(LeaseRow lease) {
        if (lease.isFinished()) {
            throw CommandFailure.failed(lease.key() + " is processed to its end, there is nothing to skip");
        }
        if (lease.checkpoint() instanceof Checkpoint.Processed processed
                && processed.position().sequenceNumber().compareTo(to) > 0) {
            throw backwards(lease);
        }
        StreamRecord last = record(lease.key());
        Checkpoint target = Checkpoint.processed(target(lease.key(), last));
        if (!target.isAfter(lease.checkpoint())) {
            throw backwards(lease);
        }
        return count(lease, target, last);
    }

    private static CommandFailure backwards(LeaseRow lease) {
        return CommandFailure.failed(lease.key() + " is processed up to " + LeaseReport.text(lease.checkpoint())
                + ", a skip goes forwards only; `millrace leases reset` goes back");
    }

    private RecordPosition target(LeaseKey lease, StreamRecord stored) {
        RecordPosition end =
                Aggregates.RAW.in(List.of(stored), HashKeyRange.ALL).get(0).position();
        RecordPosition wanted = within.isEmpty() ? end : new RecordPosition(to, within.getAsLong());
        if (wanted.compareTo(end) > 0) {
            throw CommandFailure.failed(lease + " has no record " + Findings.text(wanted) + ": the last within " + to
                    + " is " + Findings.text(end) + "; nothing was changed");
        }
        return wanted;
    }

    private StreamRecord record(LeaseKey lease) {
        try {
            ShardReader reader = readers.reader(lease.stream(), lease.shard());
            Optional<ShardIterator> next =
                    Optional.of(ShardProbe.persist(() -> reader.getIterator(new Position.AtSequenceNumber(to))));
            for (int i = 0; i < MOST_PAGES && next.isPresent(); i++) {
                ShardIterator iterator = next.get();
                ShardPage page = ShardProbe.persist(() -> reader.getRecords(iterator, 1));
                if (!page.records().isEmpty()) {
                    return Optional.of(page.records().get(0))
                            .filter(found -> found.position().sequenceNumber().equals(to))
                            .orElseThrow(() -> notThere(lease));
                }
                next = page.millisBehindLatest() == 0 ? Optional.empty() : page.next();
            }
        } catch (ShardReadException error) {
            if (error.kind() != ShardReadException.Kind.POSITION_REFUSED) {
                throw error;
            }
        }
        throw notThere(lease);
    }

    private CommandFailure notThere(LeaseKey lease) {
        return CommandFailure.failed(lease + " has no record " + to
                + ": it is of another shard, or retention has taken it;" + " nothing was changed");
    }

    private Plan count(LeaseRow lease, Checkpoint target, StreamRecord last) {
        ShardReader reader = readers.reader(lease.key().stream(), lease.key().shard());
        Position from = lease.checkpoint().resumeAt().orElseThrow();
        RecordPosition end = ((Checkpoint.Processed) target).position();
        Optional<ShardIterator> next = Optional.of(ShardProbe.persist(() -> reader.getIterator(from)));
        long records = 0;
        Instant first = null;
        for (int i = 0; i < MOST_PAGES && next.isPresent(); i++) {
            ShardIterator iterator = next.get();
            ShardPage page = ShardProbe.persist(() -> reader.getRecords(iterator, PAGE));
            for (StreamRecord record :
                    Aggregates.SPLIT.in(page.records(), lease.lineage().hashKeyRange())) {
                boolean isSkipped = record.position().compareTo(end) <= 0
                        && Checkpoint.processed(record.position()).isAfter(lease.checkpoint());
                first = isSkipped && first == null ? record.arrival() : first;
                records += isSkipped ? 1 : 0;
            }
            boolean isCounted = !page.records().isEmpty()
                    && page.records()
                                    .get(page.records().size() - 1)
                                    .sequenceNumber()
                                    .compareTo(to)
                            >= 0;
            if (isCounted) {
                return new Plan(lease, target, records, true, first, last.arrival());
            }
            next = page.next();
        }
        return new Plan(lease, target, records, false, first, last.arrival());
    }

    /**
     * Does it.
     *
     * @param by who does it, for the line that stays in the table
     * @return that line
     * @throws CommandFailure if the lease is beyond the records by now, waits for its parents, or changes all the time; nothing was
     *     changed then, unless its row cannot be read
     */
    String run(Plan plan, String by, Instant now) {
        Function<LeaseRow, String> line =
                before -> now + " by " + by + ": from " + LeaseReport.text(before.checkpoint())
                        + " to " + LeaseReport.text(plan.target()) + ", " + plan.counted() + ", taken from "
                        + before.owner().map(Object::toString).orElse("nobody") + ", epoch " + (before.epoch() + 1);
        LeaseSkip.Outcome outcome =
                new LeaseSkip(table, plan.target(), now, line).run(plan.lease()).join();
        if (outcome instanceof LeaseSkip.Outcome.Skipped skipped) {
            return line.apply(skipped.before());
        }
        if (outcome instanceof LeaseSkip.Outcome.NothingLeft nothing) {
            throw CommandFailure.failed(nothing.current().key() + " was processed up to "
                    + LeaseReport.text(nothing.current().checkpoint()) + " meanwhile, nothing is left to skip");
        }
        if (outcome instanceof LeaseSkip.Outcome.WaitsForParents) {
            throw CommandFailure.failed(plan.lease().key() + " is not begun: the shards before it are not read to their"
                    + " ends, and it must not be read before them; nothing was skipped");
        }
        throw CommandFailure.failed("lease " + plan.lease().key()
                + " was just changed by somebody, or cannot be read: look at its leases and try again");
    }
}
