package io.millrace.fanout.pipe;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a shard was read, by its pipe or its bridge: the one thing that both share, so that neither skips nor repeats what the
 * other read. The last record's position decides; a continuation only saves a subscription the way to it. Belongs to its
 * source's event loop.
 */
final class ReadPlace {
    private final Ticker ticker;
    private final Duration continuationLife;
    private final Position opened;
    /** The last user record read, or the end of the last stored record if all of it is read. */
    private @Nullable RecordPosition lastRead;

    private @Nullable SequenceNumber continuation;
    private long continuationAt;
    /** The stored record that the next subscription should bring again, because it was read before. */
    private @Nullable SequenceNumber expected;

    ReadPlace(Position opened, Ticker ticker, Duration continuationLife) {
        this.opened = opened;
        this.ticker = ticker;
        this.continuationLife = continuationLife;
        this.lastRead = opened.leavesBehind().orElse(null);
    }

    /**
     * Where to subscribe. The last record read is asked for once more: if an older record cannot be had any longer, retention
     * has passed it, and maybe others after it.
     */
    Position toSubscribe() {
        SequenceNumber next = continuation;
        if (next != null && ticker.since(continuationAt).compareTo(continuationLife) <= 0) {
            expected = null;
            return new Position.AtSequenceNumber(next);
        }
        RecordPosition last = lastRead;
        expected = last == null ? null : last.sequenceNumber();
        return expected == null ? opened : new Position.AtSequenceNumber(expected);
    }

    /** Where to poll. */
    Position toPoll() {
        return lastRead == null ? opened : new Position.AfterRecord(lastRead);
    }

    /**
     * The records above the last one read; the whole event counts as read from now on.
     *
     * @param all the user records of the event
     */
    List<StreamRecord> unread(PipeEvent event, List<StreamRecord> all) {
        List<StreamRecord> records = all;
        RecordPosition last = lastRead;
        if (last != null && !records.isEmpty() && records.get(0).position().compareTo(last) <= 0) {
            records = records.stream()
                    .filter(record -> record.position().compareTo(last) > 0)
                    .toList();
        }
        List<StreamRecord> stored = event.records();
        if (!stored.isEmpty()) {
            RecordPosition end =
                    RecordPosition.endOf(stored.get(stored.size() - 1).sequenceNumber());
            lastRead = last == null || end.compareTo(last) > 0 ? end : last;
        }
        continuation = event.continuation();
        continuationAt = ticker.nanoTime();
        return records;
    }

    /** The bridge read a batch; the pipe's continuation lies before it. */
    void polled(SourceBatch batch) {
        lastRead = batch.lastRecord().position();
        continuation = null;
    }

    /** The last stored record read, or after which the shard was opened; empty if there is none. */
    Optional<SequenceNumber> lastRead() {
        return Optional.ofNullable(lastRead).map(RecordPosition::sequenceNumber);
    }

    /**
     * Looks at an event before its records are taken.
     *
     * @return the last record read, if the event shows that retention has passed it: it begins with a later record, or the
     *     shard ends without that one
     */
    Optional<SequenceNumber> trimmed(PipeEvent event) {
        SequenceNumber last = expected;
        if (last == null || (event.records().isEmpty() && event.millisBehindLatest() > 0 && !event.endsShard())) {
            return Optional.empty();
        }
        expected = null;
        boolean isPassed = (event.records().isEmpty()
                        ? event.endsShard()
                        : event.records().get(0).sequenceNumber().compareTo(last) > 0)
                // The bridge may have read on meanwhile.
                && lastRead().filter(last::equals).isPresent();
        return isPassed ? Optional.of(last) : Optional.empty();
    }
}
