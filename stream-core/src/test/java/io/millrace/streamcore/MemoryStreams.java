package io.millrace.streamcore;

import static java.util.concurrent.CompletableFuture.completedFuture;

import io.millrace.model.ChildShard;
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
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.ReadPage;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.StreamState;
import io.millrace.streamcore.stream.Streams;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/** Streams in memory. */
final class MemoryStreams implements Streams {
    private final ReentrantLock lock = new ReentrantLock();
    private final TreeMap<StreamName, Kept> kept = new TreeMap<>();

    private static final class Kept {
        final Instant created = Instant.now();
        final List<Shard> shards = new ArrayList<>();
        final List<List<StreamRecord>> records = new ArrayList<>();
        long index = 1;
    }

    @Override
    public CompletableFuture<Void> create(StreamName name, int shards) {
        lock.lock();
        try {
            if (kept.containsKey(name)) {
                throw new StreamException(StreamException.Kind.RESOURCE_IN_USE, "Stream " + name + " exists.");
            }
            Kept made = new Kept();
            HashKeyRange.evenly(shards).forEach(range -> open(made, List.of(), range));
            kept.put(name, made);
            return done();
        } finally {
            lock.unlock();
        }
    }

    private static void open(Kept stream, List<ShardId> parents, HashKeyRange range) {
        int index = stream.shards.size();
        long now = Instant.now().getEpochSecond();
        stream.shards.add(new Shard(
                ShardId.of(index),
                parents,
                range,
                SequenceNumberRange.openFrom(SequenceNumber.of(now, index, stream.index++, now))));
        stream.records.add(new ArrayList<>());
    }

    private static void close(Kept stream, Shard shard) {
        int index = stream.shards.indexOf(shard);
        SequenceNumber starting = shard.sequenceNumbers().starting();
        stream.shards.set(
                index,
                new Shard(
                        shard.id(),
                        shard.parents(),
                        shard.hashKeyRange(),
                        new SequenceNumberRange(
                                starting,
                                SequenceNumber.of(
                                        starting.parts().createdSeconds(),
                                        index,
                                        stream.index++,
                                        Instant.now().getEpochSecond()))));
    }

    @Override
    public CompletableFuture<Void> delete(StreamName name) {
        find(name);
        kept.remove(name);
        return done();
    }

    @Override
    public List<StreamName> names() {
        return List.copyOf(kept.keySet());
    }

    @Override
    public StreamState get(StreamName name) {
        Kept stream = find(name);
        return new StreamState(
                name,
                "arn:aws:kinesis:us-east-1:000000000000:stream/" + name,
                StreamState.Status.ACTIVE,
                stream.created,
                24,
                stream.shards);
    }

    private Kept find(StreamName name) {
        Kept stream = kept.get(name);
        if (stream == null) {
            throw new StreamException(
                    StreamException.Kind.RESOURCE_NOT_FOUND,
                    "Stream " + name + " under account 000000000000 not found.");
        }
        return stream;
    }

    private static Shard find(Kept stream, ShardId id) {
        return stream.shards.stream()
                .filter(shard -> shard.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        new StreamException(StreamException.Kind.RESOURCE_NOT_FOUND, "Could not find shard " + id));
    }

    @Override
    public CompletableFuture<Void> split(StreamName name, ShardId id, HashKey key) {
        lock.lock();
        try {
            Kept stream = find(name);
            Shard shard = find(stream, id);
            close(stream, shard);
            open(stream, List.of(id), new HashKeyRange(shard.hashKeyRange().start(), key.previous()));
            open(stream, List.of(id), new HashKeyRange(key, shard.hashKeyRange().end()));
            return done();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<Void> merge(StreamName name, ShardId id, ShardId adjacent) {
        lock.lock();
        try {
            Kept stream = find(name);
            Shard first = find(stream, id);
            Shard second = find(stream, adjacent);
            close(stream, first);
            close(stream, second);
            open(
                    stream,
                    List.of(id, adjacent),
                    new HashKeyRange(
                            first.hashKeyRange().start(), second.hashKeyRange().end()));
            return done();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<List<PutAnswer>> put(StreamName name, List<NewRecord> records) {
        lock.lock();
        try {
            Kept stream = find(name);
            List<PutAnswer> answers = new ArrayList<>();
            for (NewRecord record : records) {
                Shard shard = stream.shards.stream()
                        .filter(s -> s.isOpen() && s.hashKeyRange().contains(record.hashKey()))
                        .findFirst()
                        .orElseThrow();
                int index = stream.shards.indexOf(shard);
                Instant now = Instant.now();
                SequenceNumber number = SequenceNumber.of(
                        shard.sequenceNumbers().starting().parts().createdSeconds(),
                        index,
                        stream.index++,
                        now.getEpochSecond());
                stream.records
                        .get(index)
                        .add(new StreamRecord(RecordPosition.of(number), record.partitionKey(), record.data(), now));
                answers.add(new PutAnswer(shard.id(), number));
            }
            return completedFuture(answers);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<ShardCursor> seek(StreamName name, ShardId id, Position position) {
        lock.lock();
        try {
            Kept stream = find(name);
            Shard shard = find(stream, id);
            List<StreamRecord> records = stream.records.get(stream.shards.indexOf(shard));
            SequenceNumber from = shard.sequenceNumbers().starting();
            boolean inclusive = false;
            if (position instanceof Position.AtSequenceNumber at) {
                from = at.sequenceNumber();
                inclusive = true;
            } else if (position instanceof Position.AfterSequenceNumber after) {
                from = after.sequenceNumber();
            } else if (position instanceof Position.Latest && !records.isEmpty()) {
                from = records.get(records.size() - 1).sequenceNumber();
            } else if (position instanceof Position.AtTimestamp at) {
                for (StreamRecord record : records) {
                    from = record.arrival().isBefore(at.time()) ? record.sequenceNumber() : from;
                }
            }
            return completedFuture(new ShardCursor(name, stream.created, id, from, inclusive));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public CompletableFuture<ReadPage> read(ShardCursor cursor, int maxRecords, int maxBytes) {
        lock.lock();
        try {
            Kept stream = find(cursor.stream());
            Shard shard = find(stream, cursor.shard());
            List<StreamRecord> records = stream.records.get(stream.shards.indexOf(shard)).stream()
                    .filter(record -> {
                        int order = record.sequenceNumber().compareTo(cursor.from());
                        return order > 0 || (order == 0 && cursor.inclusive());
                    })
                    .limit(maxRecords)
                    .toList();
            List<ChildShard> children = stream.shards.stream()
                    .filter(child -> child.parents().contains(shard.id()))
                    .map(Shard::asChild)
                    .toList();
            if (records.isEmpty() && !shard.isOpen()) {
                return completedFuture(new ReadPage(records, null, 0, children));
            }
            ShardCursor next = records.isEmpty()
                    ? cursor
                    : new ShardCursor(
                            cursor.stream(),
                            cursor.streamCreated(),
                            cursor.shard(),
                            records.get(records.size() - 1).sequenceNumber(),
                            false);
            return completedFuture(new ReadPage(records, next, 0, List.of()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {}

    private static CompletableFuture<Void> done() {
        return completedFuture(null);
    }
}
