package io.millrace.fanout.polling;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.ByteBudget;
import io.millrace.fanout.RecordSource;
import io.millrace.fanout.RecordSourceListener;
import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.ShardReader;
import io.millrace.fanout.SourceBatch;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a shard by asking for records again and again: as fast as allowed while there are some, more and more slowly up to
 * the idle time while there are none, and beyond it where many shards have none. Reads ahead of its user within the bounds of bytes. The place it has reached is the
 * last record read, so that a lost iterator costs nothing. It asks for that record once more: if an older one cannot be
 * had any longer, retention has passed it, and maybe others after it.
 *
 * <p>Retention and reading go by stored records. What is given out, and counted, is the records that their aggregates hold; they
 * are taken apart before the answer comes to the loop.
 *
 * <p>Belongs to the event loop of {@link PollingSources}.
 */
final class PollingSource implements RecordSource {
    /**
     * So far behind the tip a position may meet the end of retention, which is a day at least. Retention takes records
     * between two reads there, and an iterator passes over the gap without a word; asking for the last record again shows it.
     */
    private static final long NEAR_RETENTION_MILLIS = Duration.ofHours(23).toMillis();

    /** How far at once the end of retention may move ahead of time. */
    private static final Duration RETENTION_STEP = Duration.ofMinutes(1);

    private final String name;
    private final ShardReader reader;
    private final HashKeyRange hashKeys;
    private final RecordSourceListener listener;
    private final PollingSources.Shared shared;
    private final PollingSettings settings;
    private final EventLoop loop;
    private final PageBuffer buffer = new PageBuffer();

    private PollState state = PollState.RESTING;
    /** The place to begin at, as long as no record was read. */
    private Position position;
    /** The user record after which it was opened, or the end of the last stored record read. */
    private @Nullable RecordPosition lastRead;
    /** The stored record that the next page should begin with, because it was read before. */
    private @Nullable SequenceNumber expected;

    /** A record that was kept at {@link #keptAt}, so that the end of retention lay not beyond it then. */
    private @Nullable Instant kept;

    private long keptAt;

    private @Nullable ShardIterator iterator;
    private List<ChildShard> children = List.of();
    private EventLoop.Cancellable timer = EventLoop.Cancellable.DONE;

    private boolean requested;
    /** Of records read and not released yet, given out or not. */
    private long heldBytes;

    /** Taken from the budget for the read under way. */
    private long reservedBytes;

    private final PageSize pageSize = new PageSize();
    private boolean awaitsRoom;

    private long calls;
    private long nextReadAt;
    private int emptyReads;
    /** When there were records last, or reading began. */
    private long busyAt;

    private boolean isIdle;
    private final ThrottledPace throttled = new ThrottledPace();
    private int failures;

    PollingSource(
            String name,
            ShardReader reader,
            HashKeyRange hashKeys,
            Position from,
            RecordSourceListener listener,
            PollingSources.Shared shared) {
        this.name = name;
        this.reader = reader;
        this.hashKeys = requireNonNull(hashKeys, "hashKeys");
        this.position = requireNonNull(from, "from");
        this.lastRead = from.leavesBehind().orElse(null);
        this.listener = requireNonNull(listener, "listener");
        this.shared = shared;
        this.settings = shared.settings();
        this.loop = shared.loop();
        this.nextReadAt = shared.platform().ticker().nanoTime();
        this.busyAt = nextReadAt;
    }

    void start() {
        goOn();
    }

    @Override
    public void request() {
        if (state == PollState.CLOSED) {
            return;
        }
        if (requested) {
            throw new IllegalStateException(name + ": the request before is not answered yet");
        }
        requested = true;
        loop.execute(this::giveOut);
    }

    @Override
    public void release(SourceBatch batch) {
        if (state != PollState.CLOSED) {
            giveBack(batch.heapBytes());
            if (state == PollState.FULL) {
                goOn();
            }
        }
    }

    @Override
    public void close() {
        if (state == PollState.CLOSED) {
            return;
        }
        moveTo(PollState.CLOSED, "closed");
        countAsIdle(false);
        timer.cancel();
        buffer.clear();
        giveBack(heldBytes);
        endReservation();
    }

    @Override
    public Optional<SequenceNumber> end(List<ChildShard> named) {
        if (state != PollState.CLOSED && state != PollState.ENDED) {
            // An answer on its way comes too late.
            calls++;
            countAsIdle(false);
            timer.cancel();
            endReservation();
            children = List.copyOf(named);
            moveTo(PollState.ENDED, "the shard is over");
            loop.execute(this::giveOut);
        }
        return Optional.ofNullable(lastRead).map(RecordPosition::sequenceNumber);
    }

    /** Makes the next call if it is time and there is room. */
    private void goOn() {
        if (state != PollState.RESTING && state != PollState.FULL) {
            return;
        }
        timer.cancel();
        long wait = nextReadAt - shared.platform().ticker().nanoTime();
        if (!mayHoldMore()) {
            if (state != PollState.FULL) {
                moveTo(PollState.FULL, "holds " + heldBytes + " bytes");
                loop.execute(this::giveOut);
            }
            if (!awaitsRoom && !shared.budget().hasRoom()) {
                awaitsRoom = true;
                shared.budget().awaitRoom(this::roomCame);
            }
        } else if (wait > 0) {
            rest(Duration.ofNanos(wait), "next read is not due");
        } else if (iterator == null) {
            open();
        } else {
            read(iterator);
        }
    }

    /** Called from another source's task; one that has ended takes nothing from it. */
    private void roomCame() {
        awaitsRoom = false;
        if (state != PollState.CLOSED) {
            loop.execute(this::goOn);
        }
    }

    private boolean mayHoldMore() {
        long most = settings.readAhead().bytesPerShard();
        return heldBytes == 0
                || (most - heldBytes >= Math.max(1, most / 2) && shared.budget().hasRoom());
    }

    /** Takes from the budget what the next read may bring, and returns how many records that are. */
    private int reserve() {
        long room = Math.min(
                settings.readAhead().bytesPerShard() - heldBytes,
                shared.budget().room());
        int limit = pageSize.limit(heldBytes == 0 ? Math.max(room, ByteBudget.SMALL_PAGE) : room);
        reservedBytes = pageSize.bytesOf(limit);
        shared.budget().take(reservedBytes);
        return limit;
    }

    private void open() {
        Position asked = position;
        RecordPosition last = lastRead;
        if (last != null) {
            expected = last.sequenceNumber();
            asked = new Position.AtSequenceNumber(expected);
        }
        moveTo(PollState.OPENING, "at " + asked);
        call(reader.getIterator(asked), found -> {
            boolean isLatest = lastRead == null && position instanceof Position.Latest;
            if (isLatest && found.madeAt().isEmpty()) {
                fail(
                        ShardReadException.Kind.POSITION_REFUSED,
                        "the service tells no time, so LATEST cannot be kept should its iterator get lost");
                return;
            }
            if (isLatest) {
                // Should the iterator get lost before a record came, LATEST would skip what came in between.
                position = new Position.AtTimestamp(found.madeAt().orElseThrow());
            }
            iterator = found;
            read(found);
        });
    }

    private void read(ShardIterator from) {
        moveTo(PollState.READING, "the next records");
        int limit = reserve();
        long began = shared.platform().ticker().nanoTime();
        nextReadAt = began + settings.minTimeBetweenReads().toNanos();
        call(reader.getRecords(from, limit).thenApply(this::unpack), answer -> take(answer, began));
    }

    /** Runs wherever the answer comes. */
    private Answer unpack(ShardPage page) {
        List<StreamRecord> records = settings.aggregates().in(page.records(), hashKeys);
        return new Answer(page, records, batches(page, records), payload(records));
    }

    private List<SourceBatch> batches(ShardPage page, List<StreamRecord> records) {
        return SourceBatch.of(records, page.millisBehindLatest(), settings.maxRecordsPerBatch());
    }

    private static long payload(List<StreamRecord> records) {
        long bytes = 0;
        for (StreamRecord record : records) {
            bytes += record.data().size() + record.partitionKey().length();
        }
        return bytes;
    }

    /**
     * The outcome of a read. All that goes through every record is done where the answer comes, while its bytes are near.
     *
     * @param page the stored records
     * @param records the user records of these
     * @param batches those in batches
     * @param payload the bytes of their keys and data
     */
    private record Answer(ShardPage page, List<StreamRecord> records, List<SourceBatch> batches, long payload) {}

    private void take(Answer answer, long began) {
        ShardPage page = answer.page();
        List<StreamRecord> records = unread(answer.records());
        boolean isAll = records.size() == answer.records().size();
        List<SourceBatch> batches = isAll ? answer.batches() : batches(page, records);
        long payload = isAll ? answer.payload() : payload(records);
        shared.meters().read(shared.platform().ticker().since(began), records.size(), payload);
        shared.time().observe(page.records(), page.millisBehindLatest());
        failures = 0;
        throttled.succeeded();
        checkRetention(page);
        hold(page, batches);
        endReservation();
        boolean isEmpty = !movesOn(page.records());
        ShardIterator next = page.nextOrNull();
        emptyReads = isEmpty && page.millisBehindLatest() == 0 ? emptyReads + 1 : 0;
        if (emptyReads == 0) {
            busyAt = shared.platform().ticker().nanoTime();
        }
        countAsIdle(next != null && shared.platform().ticker().since(busyAt).compareTo(IdlePace.AFTER) >= 0);
        if (next == null) {
            children = page.children();
            moveTo(PollState.ENDED, "the shard is read out");
        } else {
            boolean isNear = !isEmpty && mayMeetRetention(page);
            iterator = isNear ? null : next;
            nextReadAt = began + Math.max(pause().toNanos(), throttled.atLeast().toNanos());
            moveTo(PollState.RESTING, "read " + records.size() + " records");
            goOn();
        }
        if (records.isEmpty() && buffer.isEmpty() && state != PollState.ENDED) {
            Instant made = shared.time().at(began);
            listener.idle(page.millisBehindLatest(), made == null ? null : made.minusMillis(page.millisBehindLatest()));
        }
        giveOut();
    }

    private void hold(ShardPage page, List<SourceBatch> batches) {
        long bytes = 0;
        for (SourceBatch batch : batches) {
            bytes += batch.heapBytes();
        }
        pageSize.read(page.records().size(), bytes, page.millisBehindLatest() > 0);
        buffer.add(batches);
        heldBytes += bytes;
        shared.budget().take(bytes);
    }

    /**
     * An open shard that has nothing kept after the last record read shows no loss: most such shards just had no records
     * for a long time. A closed shard, whose end had not been reached in time, shows one.
     */
    private void checkRetention(ShardPage page) {
        SequenceNumber last = expected;
        if (last == null) {
            return;
        }
        if (!page.records().isEmpty()) {
            expected = null;
            StreamRecord first = page.records().get(0);
            if (first.sequenceNumber().compareTo(last) > 0) {
                listener.trimmed(last, first);
            }
            if (kept == null || first.arrival().isBefore(endOfRetention(kept))) {
                kept = first.arrival();
                keptAt = shared.platform().ticker().nanoTime();
            }
        } else if (page.nextOrNull() == null) {
            expected = null;
            listener.trimmed(last, null);
        } else if (page.millisBehindLatest() == 0) {
            expected = null;
        }
    }

    /**
     * The stored records are read.
     *
     * @return true if there are some that were not before, whether or not they hold a user record
     */
    private boolean movesOn(List<StreamRecord> stored) {
        if (stored.isEmpty()) {
            return false;
        }
        RecordPosition before = lastRead;
        SequenceNumber end = stored.get(stored.size() - 1).sequenceNumber();
        RecordPosition now = RecordPosition.endOf(end);
        if (before == null || now.compareTo(before) > 0) {
            lastRead = now;
        }
        return before == null || end.compareTo(before.sequenceNumber()) > 0;
    }

    /** True if retention may take records right after these before the next read. A reader that catches up outruns it. */
    private boolean mayMeetRetention(ShardPage page) {
        if (page.millisBehindLatest() < NEAR_RETENTION_MILLIS) {
            return false;
        }
        Instant last = page.records().get(page.records().size() - 1).arrival();
        return kept == null || last.isBefore(endOfRetention(kept).plus(RETENTION_STEP));
    }

    /** Where retention ends now at most, by the service's times: it moves on as time passes. */
    private Instant endOfRetention(Instant then) {
        return then.plus(shared.platform().ticker().since(keptAt));
    }

    /** The records above the last one read: all of them, unless the service repeats itself. */
    private List<StreamRecord> unread(List<StreamRecord> records) {
        RecordPosition last = lastRead;
        if (last == null || records.isEmpty() || records.get(0).position().compareTo(last) > 0) {
            return records;
        }
        return records.stream()
                .filter(record -> record.position().compareTo(last) > 0)
                .toList();
    }

    private void countAsIdle(boolean idle) {
        if (idle != isIdle) {
            isIdle = idle;
            if (idle) {
                shared.pace().add();
            } else {
                shared.pace().remove();
            }
        }
    }

    /**
     * Time between the beginnings of two reads: twice as long after each that found nothing, up to the idle time, and longer
     * where many shards are idle.
     */
    private Duration pause() {
        if (isIdle) {
            return shared.pace().between();
        }
        long pause = settings.minTimeBetweenReads().toNanos();
        long idle = settings.idleTime().toNanos();
        for (int i = 0; i < emptyReads && pause < idle; i++) {
            pause = Math.max(1_000_000, pause * 2);
        }
        return Duration.ofNanos(emptyReads == 0 ? pause : Math.min(pause, idle));
    }

    private void giveOut() {
        if (!requested || state == PollState.CLOSED) {
            return;
        }
        if (!buffer.isEmpty()) {
            requested = false;
            listener.batch(buffer.take());
        } else if (state == PollState.ENDED) {
            requested = false;
            listener.shardEnded(children);
        } else if (state == PollState.FULL) {
            listener.awaitsRelease();
        }
    }

    /** Takes the answer of a call home, unless it comes too late. */
    private <T> void call(CompletableFuture<T> answer, Consumer<T> handler) {
        long number = ++calls;
        timer.cancel();
        timer = loop.schedule(settings.callTimeout(), () -> {
            if (number == calls) {
                fail(ShardReadException.Kind.TRANSIENT, "no answer within " + settings.callTimeout());
            }
        });
        loop.whenComplete(answer, (value, error) -> {
            if (number != calls || state == PollState.CLOSED) {
                return;
            }
            timer.cancel();
            if (value != null) {
                handler.accept(value);
            } else if (error instanceof ShardReadException refused) {
                fail(refused.kind(), String.valueOf(refused.getMessage()));
            } else {
                fail(ShardReadException.Kind.TRANSIENT, String.valueOf(error));
            }
        });
    }

    private void fail(ShardReadException.Kind kind, String message) {
        calls++;
        failures++;
        endReservation();
        shared.meters().failed(kind);
        if (kind == ShardReadException.Kind.THROTTLED) {
            throttled.refused();
        }
        boolean expired = kind == ShardReadException.Kind.ITERATOR_EXPIRED;
        if (expired || kind == ShardReadException.Kind.GONE) {
            iterator = null;
        }
        // An old iterator is no failure of anyone; only if the new one is refused too something is wrong.
        Duration wait = expired && failures == 1
                ? Duration.ZERO
                : settings.retry().delay(failures, shared.platform().random());
        nextReadAt = later(nextReadAt, shared.platform().ticker().nanoTime() + wait.toNanos());
        rest(wait, kind + " (" + message + ")");
        if (!expired || failures > 1) {
            listener.trouble(new SourceTrouble(kind, failures, message));
        }
    }

    private void rest(Duration wait, String reason) {
        moveTo(PollState.RESTING, reason);
        timer.cancel();
        timer = loop.schedule(wait, this::goOn);
    }

    /** The later of two readings of a clock that may wrap around. */
    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    private void giveBack(long bytes) {
        heldBytes -= bytes;
        shared.budget().take(-bytes);
    }

    private void endReservation() {
        long reserved = reservedBytes;
        reservedBytes = 0;
        shared.budget().take(-reserved);
    }

    private void moveTo(PollState next, String reason) {
        state = PollState.TRANSITIONS.move(state, next, reason, name);
    }
}
