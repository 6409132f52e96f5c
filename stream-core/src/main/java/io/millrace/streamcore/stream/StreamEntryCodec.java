package io.millrace.streamcore.stream;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.StreamState.Status;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a catalog entry: a version, then the parts in the order of the record, big endian, lists after their
 * lengths. The decoder throws {@link IllegalArgumentException} for anything else.
 */
final class StreamEntryCodec {
    private static final byte VERSION = 1;
    private static final int RANGE_BYTES = 32;

    private StreamEntryCodec() {}

    static Bytes encode(StreamEntry entry) {
        byte[] name = entry.name().value().getBytes(StandardCharsets.UTF_8);
        int size = 1 + 2 + name.length + 8 + 1 + 4 + 4 + 4 + 1;
        for (ShardEntry shard : entry.shards()) {
            size += 4 + 1 + 4 * shard.parents().size() + RANGE_BYTES + 8 + 8;
        }
        Resharding resharding = entry.reshardingOrNull();
        if (resharding != null) {
            size += 1
                    + 4 * resharding.parents().size()
                    + 1
                    + RANGE_BYTES * resharding.children().size();
        }
        ByteBuffer target = ByteBuffer.allocate(size);
        target.put(VERSION).putShort((short) name.length).put(name);
        target.putLong(entry.createdMillis()).put(code(entry.status()));
        target.putInt(entry.retentionHours())
                .putInt(entry.nextShard())
                .putInt(entry.shards().size());
        for (ShardEntry shard : entry.shards()) {
            target.putInt(shard.index());
            putNumbers(target, shard.parents());
            putRange(target, shard.range());
            target.putLong(shard.createdSeconds()).putLong(shard.closedSeconds());
        }
        target.put((byte) (resharding == null ? 0 : 1));
        if (resharding != null) {
            putNumbers(target, resharding.parents());
            target.put((byte) resharding.children().size());
            resharding.children().forEach(range -> putRange(target, range));
        }
        return Bytes.wrap(target.array());
    }

    static StreamEntry decode(Bytes bytes) {
        ByteBuffer source = bytes.asByteBuffer();
        try {
            if (source.get() != VERSION) {
                throw new IllegalArgumentException("a catalog entry of another version");
            }
            byte[] name = new byte[source.getShort() & 0xffff];
            source.get(name);
            StreamEntry entry = new StreamEntry(
                    new StreamName(new String(name, StandardCharsets.UTF_8)),
                    source.getLong(),
                    status(source.get()),
                    source.getInt(),
                    source.getInt(),
                    shards(source),
                    source.get() == 0 ? null : new Resharding(numbers(source), ranges(source)));
            if (source.hasRemaining()) {
                throw new IllegalArgumentException("a catalog entry with bytes too many");
            }
            return entry;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a catalog entry that ends too early", e);
        }
    }

    private static List<ShardEntry> shards(ByteBuffer source) {
        int count = source.getInt();
        List<ShardEntry> shards = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shards.add(new ShardEntry(
                    source.getInt(), numbers(source), range(source), source.getLong(), source.getLong()));
        }
        return shards;
    }

    private static byte code(Status status) {
        return switch (status) {
            case CREATING -> 1;
            case ACTIVE -> 2;
            case UPDATING -> 3;
            case DELETING -> 4;
        };
    }

    private static Status status(byte code) {
        return switch (code) {
            case 1 -> Status.CREATING;
            case 2 -> Status.ACTIVE;
            case 3 -> Status.UPDATING;
            case 4 -> Status.DELETING;
            default -> throw new IllegalArgumentException("not a stream's status: " + code);
        };
    }

    private static void putNumbers(ByteBuffer target, List<Integer> numbers) {
        target.put((byte) numbers.size());
        numbers.forEach(target::putInt);
    }

    private static List<Integer> numbers(ByteBuffer source) {
        int count = source.get() & 0xff;
        List<Integer> numbers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            numbers.add(source.getInt());
        }
        return numbers;
    }

    private static List<HashKeyRange> ranges(ByteBuffer source) {
        int count = source.get() & 0xff;
        List<HashKeyRange> ranges = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ranges.add(range(source));
        }
        return ranges;
    }

    private static void putRange(ByteBuffer target, HashKeyRange range) {
        target.putLong(range.start().high()).putLong(range.start().low());
        target.putLong(range.end().high()).putLong(range.end().low());
    }

    private static HashKeyRange range(ByteBuffer source) {
        HashKey start = new HashKey(source.getLong(), source.getLong());
        return new HashKeyRange(start, new HashKey(source.getLong(), source.getLong()));
    }
}
