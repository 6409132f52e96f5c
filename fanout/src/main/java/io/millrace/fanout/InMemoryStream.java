package io.millrace.fanout;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream without a server, for tests and simulations: routes by the partition key's MD5, splits, merges, and is read as
 * the service is, iterators that expire after five minutes included. Not safe for several threads.
 */
public final class InMemoryStream implements ShardReaders {
    private static final Duration ITERATOR_LIFE = Duration.ofMinutes(5);

    private final StreamName name;
    private final InstantSource clock;
    private final List<MemoryShard> shards = new ArrayList<>();

    /** A stream of {@code count} shards that share the hash keys evenly. */
    public InMemoryStream(StreamName name, int count, InstantSource clock) {
        this.name = requireNonNull(name, "name");
        this.clock = requireNonNull(clock, "clock");
        HashKeyRange.evenly(count).forEach(range -> open(List.of(), range));
    }

    /** The stream's name. */
    public StreamName name() {
        return name;
    }

    /** All shards, open and closed, but those that retention has taken. */
    public List<Shard> shards() {
        return shards.stream()
                .filter(shard -> !shard.isGone)
                .map(MemoryShard::describe)
                .toList();
    }

    /** Retention takes the records that came before {@code horizon}, and the shards that were closed before it. */
    public void trim(Instant horizon) {
        shards.forEach(shard -> shard.trim(horizon));
    }

    /** Every record of a shard, as if nothing had ever been read; a view that grows with the shard. */
    public List<StreamRecord> recordsOf(ShardId shard) {
        return Collections.unmodifiableList(find(shard).records);
    }

    /** Puts a record. */
    public StreamRecord put(String partitionKey, Bytes data) {
        return put(partitionKey, HashKey.ofPartitionKey(partitionKey), data);
    }

    /** Puts a record where {@code key} says. */
    public StreamRecord put(String partitionKey, HashKey key, Bytes data) {
        return shards.stream()
                .filter(shard -> shard.isOpen() && shard.range.contains(key))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("open shards do not cover " + key))
                .append(partitionKey, data);
    }

    /** Splits an open shard in the middle. */
    public void split(ShardId shard) {
        MemoryShard parent = find(shard);
        HashKey middle = parent.range.middle();
        parent.close();
        open(List.of(parent), new HashKeyRange(parent.range.start(), middle.previous()));
        open(List.of(parent), new HashKeyRange(middle, parent.range.end()));
    }

    /** Merges two open shards; the first lies just below the second. */
    public void merge(ShardId lower, ShardId upper) {
        MemoryShard first = find(lower);
        MemoryShard second = find(upper);
        if (!first.range.isJustBelow(second.range)) {
            throw new IllegalArgumentException(lower + " and " + upper + " are not neighbours");
        }
        first.close();
        second.close();
        open(List.of(first, second), new HashKeyRange(first.range.start(), second.range.end()));
    }

    @Override
    public ShardReader reader(StreamName stream, ShardId shard) {
        return new Reader(shard);
    }

    private void open(List<MemoryShard> parents, HashKeyRange range) {
        // A child's numbers lie above its parents': the creation time is their highest part.
        long created = clock.instant().getEpochSecond();
        for (MemoryShard parent : parents) {
            created = Math.max(created, parent.created + 1);
        }
        List<ShardId> ids = parents.stream().map(parent -> parent.id).toList();
        shards.add(new MemoryShard(shards.size(), ids, range, created));
    }

    private @Nullable MemoryShard get(ShardId id) {
        return shards.stream()
                .filter(shard -> shard.id.equals(id) && !shard.isGone)
                .findFirst()
                .orElse(null);
    }

    private MemoryShard find(ShardId id) {
        MemoryShard shard = get(id);
        if (shard == null) {
            throw new IllegalArgumentException("no shard " + id + " in " + name);
        }
        return shard;
    }

    private final class MemoryShard {
        private final int index;
        private final ShardId id;
        private final List<ShardId> parents;
        private final HashKeyRange range;
        private final long created;
        private final List<StreamRecord> records = new ArrayList<>();
        private @Nullable SequenceNumber ending;
        private Instant closedAt = Instant.MAX;
        private int firstKept;
        private boolean isGone;

        MemoryShard(int index, List<ShardId> parents, HashKeyRange range, long created) {
            this.index = index;
            this.id = ShardId.of(index);
            this.parents = parents;
            this.range = range;
            this.created = created;
        }

        boolean isOpen() {
            return ending == null;
        }

        void close() {
            if (!isOpen()) {
                throw new IllegalArgumentException(id + " is closed");
            }
            closedAt = clock.instant();
            ending = SequenceNumber.of(
                    created, index, Long.MAX_VALUE, clock.instant().getEpochSecond());
        }

        void trim(Instant horizon) {
            while (firstKept < records.size()
                    && records.get(firstKept).arrival().isBefore(horizon)) {
                firstKept++;
            }
            isGone = closedAt.isBefore(horizon);
        }

        StreamRecord append(String partitionKey, Bytes data) {
            Instant now = clock.instant();
            SequenceNumber number = SequenceNumber.of(created, index, records.size() + 1L, now.getEpochSecond());
            StreamRecord record = new StreamRecord(RecordPosition.of(number), partitionKey, data, now);
            records.add(record);
            return record;
        }

        Shard describe() {
            SequenceNumber starting = SequenceNumber.of(created, index, 0, created);
            return new Shard(id, parents, range, new SequenceNumberRange(starting, ending));
        }

        /** The index of the first record at {@code position}. */
        int seek(Position position) {
            int at = firstKept;
            while (at < records.size() && !isAt(records.get(at), position)) {
                at++;
            }
            return at;
        }

        private boolean isAt(StreamRecord record, Position position) {
            if (position instanceof Position.AtTimestamp from) {
                return !record.arrival().isBefore(from.time());
            }
            if (position instanceof Position.AtSequenceNumber from) {
                return record.sequenceNumber().compareTo(from.sequenceNumber()) >= 0;
            }
            if (position instanceof Position.AfterRecord from) {
                return record.sequenceNumber().compareTo(from.record().sequenceNumber()) >= 0;
            }
            if (position instanceof Position.AfterSequenceNumber from) {
                return record.sequenceNumber().compareTo(from.sequenceNumber()) > 0;
            }
            return position instanceof Position.TrimHorizon;
        }
    }

    /** Iterators are the index of the next record and the second they were made in. */
    private final class Reader implements ShardReader {
        private final ShardId id;

        Reader(ShardId id) {
            this.id = id;
        }

        @Override
        public CompletableFuture<ShardIterator> getIterator(Position position) {
            MemoryShard shard = get(id);
            return shard == null ? gone() : CompletableFuture.completedFuture(iterator(shard.seek(position)));
        }

        @Override
        public CompletableFuture<ShardPage> getRecords(ShardIterator iterator, int limit) {
            MemoryShard shard = get(id);
            if (shard == null) {
                return gone();
            }
            String[] parts = iterator.value().split("@", -1);
            Instant made = Instant.ofEpochSecond(Long.parseLong(parts[1]));
            if (made.plus(ITERATOR_LIFE).isBefore(clock.instant())) {
                return CompletableFuture.failedFuture(
                        new ShardReadException(ShardReadException.Kind.ITERATOR_EXPIRED, "iterator expired", null));
            }
            int from = Math.max(Integer.parseInt(parts[0]), shard.firstKept);
            int end = Math.min(from + limit, shard.records.size());
            return CompletableFuture.completedFuture(page(shard, from, end));
        }

        private ShardPage page(MemoryShard shard, int from, int end) {
            boolean readOut = !shard.isOpen() && end == shard.records.size();
            long behind = end == shard.records.size()
                    ? 0
                    : Duration.between(shard.records.get(Math.max(0, end - 1)).arrival(), clock.instant())
                                    .toMillis()
                            + 1;
            return new ShardPage(
                    shard.records.subList(from, end),
                    readOut ? null : iterator(end),
                    behind,
                    readOut
                            ? shards().stream()
                                    .filter(child -> child.parents().contains(id))
                                    .map(Shard::asChild)
                                    .toList()
                            : List.of());
        }

        private ShardIterator iterator(int index) {
            return new ShardIterator(index + "@" + clock.instant().getEpochSecond(), clock.instant());
        }

        private <T> CompletableFuture<T> gone() {
            return CompletableFuture.failedFuture(
                    new ShardReadException(ShardReadException.Kind.GONE, "no shard " + id + " in " + name, null));
        }
    }
}
