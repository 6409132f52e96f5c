package io.millrace.streamcore.log.disk;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Where every batch of one segment stands, by shard. Written beside a segment once it is full, so that opening a log reads
 * indexes and only the newest segment itself. The writer's loop adds; any thread reads.
 */
final class SegmentIndex {
    private static final long MAGIC = 0x4d4c494e44455802L;

    private final Map<Integer, ShardIndex> shards = new ConcurrentHashMap<>();

    /** The shard's part, made if it is missing. Writer only. */
    ShardIndex writable(int shard) {
        return shards.computeIfAbsent(shard, missing -> new ShardIndex());
    }

    /** The shard's part, if it has batches in the segment. */
    @Nullable
    ShardIndex shard(int shard) {
        return shards.get(shard);
    }

    /** All parts, by shard. */
    Map<Integer, ShardIndex> shards() {
        return new TreeMap<>(shards);
    }

    /** The oldest batch's time, the end of time without one. */
    long firstTimeMillis() {
        long first = Long.MAX_VALUE;
        for (ShardIndex shard : shards.values()) {
            first = Math.min(first, shard.timeMillis(0));
        }
        return first;
    }

    /** The newest batch's time, 0 without one. */
    long lastTimeMillis() {
        long last = 0;
        for (ShardIndex shard : shards.values()) {
            last = Math.max(last, shard.timeMillis(shard.size() - 1));
        }
        return last;
    }

    /** The file form: magic, the segment's length, the parts, a checksum. */
    ByteBuffer encode(int segmentSize) {
        int size = 8 + 4 + 4 + 4;
        for (ShardIndex shard : shards.values()) {
            size += 4 + 4 + 8 + shard.size() * ShardIndex.ROW_BYTES;
        }
        ByteBuffer target = ByteBuffer.allocate(size);
        target.putLong(MAGIC).putInt(segmentSize).putInt(shards.size());
        for (Map.Entry<Integer, ShardIndex> entry : shards().entrySet()) {
            target.putInt(entry.getKey());
            entry.getValue().encode(target);
        }
        return target.putInt(Frame.crc(target.duplicate().flip())).flip();
    }

    /** Reads the file form; absent if it is not whole or belongs to a segment of another length. */
    static @Nullable SegmentIndex decode(ByteBuffer source, int segmentSize) {
        int length = source.remaining() - 4;
        if (length < 16) {
            return null;
        }
        CRC32C crc = new CRC32C();
        crc.update(source.duplicate().limit(source.position() + length));
        if (source.getInt(source.position() + length) != (int) crc.getValue()) {
            return null;
        }
        try {
            return decodeParts(source, segmentSize);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return null;
        }
    }

    private static @Nullable SegmentIndex decodeParts(ByteBuffer source, int segmentSize) {
        if (source.getLong() != MAGIC || source.getInt() != segmentSize) {
            return null;
        }
        SegmentIndex index = new SegmentIndex();
        int parts = source.getInt();
        for (int i = 0; i < parts; i++) {
            int shard = source.getInt();
            index.shards.put(shard, ShardIndex.decode(source, segmentSize));
        }
        if (source.remaining() != 4) {
            return null;
        }
        return index;
    }
}
