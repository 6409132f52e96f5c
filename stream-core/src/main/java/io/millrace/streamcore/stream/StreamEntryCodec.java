package io.millrace.streamcore.stream;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamName;
import io.millrace.streamcore.stream.StreamOptions.Distribution;
import io.millrace.streamcore.stream.StreamOptions.Metric;
import io.millrace.streamcore.stream.StreamOptions.Mode;
import io.millrace.streamcore.stream.StreamState.Status;
import io.millrace.streamcore.stream.scale.ScalingHistory;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a catalog entry: a version, then the parts in the order of the record, big endian, lists and texts after
 * their lengths. The decoder throws {@link IllegalArgumentException} for anything else.
 *
 * <p>Version 1 knew of a stream's options no more than the retention, had one split or merge at a time, and the times of
 * shards in seconds. It is still read. Version 2 is the whole of an entry; 3 has no more of the shards than their number,
 * and they are kept apart.
 */
final class StreamEntryCodec {
    private static final byte WITHOUT_SHARDS = 3;
    private static final byte VERSION = 2;
    private static final byte FIRST_VERSION = 1;
    private static final int NONE = -1;
    private static final byte PROVISIONED = 0;
    private static final byte ON_DEMAND = 1;
    private static final byte ON_DEMAND_AUTO = 2;

    private StreamEntryCodec() {}

    /** All of an entry. */
    static Bytes encode(StreamEntry entry) {
        return encode(entry, VERSION);
    }

    /** All of an entry but the shards. */
    static Bytes encodeWithoutShards(StreamEntry entry) {
        return encode(entry, WITHOUT_SHARDS);
    }

    /** Some of an entry's shards. */
    static Bytes encodeShards(List<ShardEntry> shards) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 + 64 * shards.size());
        try (DataOutputStream target = new DataOutputStream(bytes)) {
            target.writeByte(VERSION);
            target.writeInt(shards.size());
            for (ShardEntry shard : shards) {
                putShard(target, shard);
            }
        } catch (IOException e) {
            throw new IllegalStateException("an array refused bytes", e);
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    private static Bytes encode(StreamEntry entry, byte version) {
        List<ShardEntry> shards = version == WITHOUT_SHARDS ? List.of() : entry.shards();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128 + 64 * shards.size());
        try (DataOutputStream target = new DataOutputStream(bytes)) {
            target.writeByte(version);
            byte[] name = entry.name().value().getBytes(StandardCharsets.UTF_8);
            target.writeShort(name.length);
            target.write(name);
            target.writeLong(entry.createdMillis());
            target.writeByte(code(entry.status()));
            putOptions(target, entry.options());
            target.writeInt(entry.nextShard());
            target.writeInt(entry.shards().size());
            for (ShardEntry shard : shards) {
                putShard(target, shard);
            }
            Resharding resharding = entry.reshardingOrNull();
            target.writeInt(resharding == null ? 0 : resharding.steps().size());
            if (resharding != null) {
                for (Resharding.Step step : resharding.steps()) {
                    putStep(target, step);
                }
            }
            target.writeInt(entry.scaling().target());
            target.writeInt(entry.scaling().startedMillis().size());
            for (long started : entry.scaling().startedMillis()) {
                target.writeLong(started);
            }
        } catch (IOException e) {
            throw new IllegalStateException("an array refused bytes", e);
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    /** Reads an entry that has its shards. */
    static StreamEntry decode(Bytes bytes) {
        return decode(bytes, (head, count) -> List.of());
    }

    /** Reads an entry, and its shards from {@code apart} if they are not in it. */
    static StreamEntry decode(Bytes bytes, Apart apart) {
        ByteBuffer source = bytes.asByteBuffer();
        try {
            StreamEntry entry = switch (source.get()) {
                case FIRST_VERSION -> entryOfFirstVersion(source);
                case VERSION -> entry(source, head -> shards(source, source.getInt()));
                case WITHOUT_SHARDS -> entry(source, head -> shards(head, source.getInt(), apart));
                default -> throw new IllegalArgumentException("a catalog entry of another version");
            };
            if (source.hasRemaining()) {
                throw new IllegalArgumentException("a catalog entry with bytes too many");
            }
            if (entry.openShards() == 0) {
                throw new IllegalArgumentException("a stream without an open shard");
            }
            return entry;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a catalog entry that ends too early", e);
        }
    }

    /** Reads what {@link #encodeShards} wrote. */
    static List<ShardEntry> decodeShards(Bytes bytes) {
        ByteBuffer source = bytes.asByteBuffer();
        try {
            if (source.get() != VERSION) {
                throw new IllegalArgumentException("shards of another version in the catalog");
            }
            List<ShardEntry> shards = shards(source, source.getInt());
            if (source.hasRemaining()) {
                throw new IllegalArgumentException("shards with bytes too many in the catalog");
            }
            return shards;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("shards that end too early in the catalog", e);
        }
    }

    private static StreamEntry entry(ByteBuffer source, Function<StreamEntry, List<ShardEntry>> shards) {
        StreamEntry head = new StreamEntry(
                name(source),
                source.getLong(),
                status(source.get()),
                options(source),
                source.getInt(),
                List.of(),
                null,
                ScalingHistory.NONE);
        List<ShardEntry> found = shards.apply(head);
        return new StreamEntry(
                head.name(),
                head.createdMillis(),
                head.status(),
                head.options(),
                head.nextShard(),
                found,
                resharding(source),
                scaling(source));
    }

    private static List<ShardEntry> shards(StreamEntry head, int count, Apart apart) {
        List<ShardEntry> found = apart.shards(head, count);
        if (found.size() != count) {
            throw new IllegalArgumentException(
                    "a catalog entry of " + count + " shards, of which " + found.size() + " are there");
        }
        return found;
    }

    /** Finds the shards that an entry does not have in it. */
    @FunctionalInterface
    interface Apart {
        /** The {@code count} shards of the entry that begins like this one. */
        List<ShardEntry> shards(StreamEntry head, int count);
    }

    private static StreamEntry entryOfFirstVersion(ByteBuffer source) {
        return new StreamEntry(
                name(source),
                source.getLong(),
                status(source.get()),
                StreamOptions.DEFAULTS.withRetentionHours(source.getInt()),
                source.getInt(),
                shardsOfFirstVersion(source),
                source.get() == 0 ? null : new Resharding(List.of(step(source))),
                ScalingHistory.NONE);
    }

    private static void putOptions(DataOutputStream target, StreamOptions options) throws IOException {
        target.writeByte(modeAndDistribution(options));
        target.writeInt(options.retentionHours());
        target.writeInt(options.maxRecordKib());
        putText(target, options.keyIdOrNull());
        int metrics = 0;
        for (Metric metric : options.shardMetrics()) {
            metrics |= bit(metric);
        }
        target.writeByte(metrics);
        target.writeInt(options.warmMibps());
        target.writeShort(options.tags().size());
        for (var tag : options.tags().entrySet()) {
            putText(target, tag.getKey());
            putText(target, tag.getValue());
        }
        putText(target, options.policyOrNull());
    }

    private static StreamOptions options(ByteBuffer source) {
        byte code = source.get();
        Mode mode = code == PROVISIONED ? Mode.PROVISIONED : Mode.ON_DEMAND;
        Distribution distribution = code == ON_DEMAND_AUTO ? Distribution.AUTO : Distribution.USER_PARTITION_KEY;
        int retentionHours = source.getInt();
        int maxRecordKib = source.getInt();
        String keyId = textOrNull(source);
        Set<Metric> metrics = EnumSet.noneOf(Metric.class);
        int bits = source.get();
        for (Metric metric : Metric.values()) {
            if ((bits & bit(metric)) != 0) {
                metrics.add(metric);
            }
        }
        int warmMibps = source.getInt();
        TreeMap<String, String> tags = new TreeMap<>();
        for (int left = source.getShort(); left > 0; left--) {
            tags.put(text(source), text(source));
        }
        return new StreamOptions(
                mode, retentionHours, maxRecordKib, keyId, metrics, warmMibps, tags, textOrNull(source), distribution);
    }

    /** To a server before distributions all but the first is an on-demand stream. */
    private static byte modeAndDistribution(StreamOptions options) {
        if (!options.isOnDemand()) {
            return PROVISIONED;
        }
        return options.distribution() == Distribution.AUTO ? ON_DEMAND_AUTO : ON_DEMAND;
    }

    private static int bit(Metric metric) {
        return switch (metric) {
            case INCOMING_BYTES -> 1;
            case INCOMING_RECORDS -> 2;
            case OUTGOING_BYTES -> 4;
            case OUTGOING_RECORDS -> 8;
            case WRITE_THROTTLED -> 16;
            case READ_THROTTLED -> 32;
            case ITERATOR_AGE -> 64;
        };
    }

    private static void putShard(DataOutputStream target, ShardEntry shard) throws IOException {
        target.writeInt(shard.index());
        putNumbers(target, shard.parents());
        putRange(target, shard.range());
        target.writeLong(shard.createdSeconds());
        target.writeLong(shard.openedMillis());
        target.writeLong(shard.closedMillis());
    }

    private static List<ShardEntry> shards(ByteBuffer source, int count) {
        List<ShardEntry> shards = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ShardEntry shard = new ShardEntry(
                    source.getInt(),
                    numbers(source),
                    range(source),
                    source.getLong(),
                    source.getLong(),
                    source.getLong());
            // Refuses times and numbers that no shard has.
            var unused = shard.toState();
            shards.add(shard);
        }
        return shards;
    }

    /** A shard that was closed within a second is taken to have been closed at its end, so that no record is missed. */
    private static List<ShardEntry> shardsOfFirstVersion(ByteBuffer source) {
        int count = source.getInt();
        List<ShardEntry> shards = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = source.getInt();
            List<Integer> parents = numbers(source);
            HashKeyRange range = range(source);
            long createdSeconds = source.getLong();
            long closedSeconds = source.getLong();
            ShardEntry shard = ShardEntry.open(index, parents, range, createdSeconds, createdSeconds * 1000);
            shards.add(closedSeconds == NONE ? shard : shard.closed(closedSeconds * 1000 + 999));
        }
        return shards;
    }

    private static @Nullable Resharding resharding(ByteBuffer source) {
        int count = source.getInt();
        List<Resharding.Step> steps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            steps.add(step(source));
        }
        return steps.isEmpty() ? null : new Resharding(steps);
    }

    private static ScalingHistory scaling(ByteBuffer source) {
        int target = source.getInt();
        int count = source.getInt();
        List<Long> started = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            started.add(source.getLong());
        }
        return new ScalingHistory(target, started);
    }

    private static void putStep(DataOutputStream target, Resharding.Step step) throws IOException {
        putNumbers(target, step.parents());
        target.writeByte(step.children().size());
        for (HashKeyRange range : step.children()) {
            putRange(target, range);
        }
    }

    private static Resharding.Step step(ByteBuffer source) {
        List<Integer> parents = numbers(source);
        int count = source.get() & 0xff;
        List<HashKeyRange> children = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            children.add(range(source));
        }
        return new Resharding.Step(parents, children);
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

    private static StreamName name(ByteBuffer source) {
        byte[] name = new byte[source.getShort() & 0xffff];
        source.get(name);
        return new StreamName(new String(name, StandardCharsets.UTF_8));
    }

    private static void putText(DataOutputStream target, @Nullable String text) throws IOException {
        if (text == null) {
            target.writeInt(NONE);
            return;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        target.writeInt(bytes.length);
        target.write(bytes);
    }

    private static String text(ByteBuffer source) {
        String text = textOrNull(source);
        if (text == null) {
            throw new IllegalArgumentException("a catalog entry that lacks a text");
        }
        return text;
    }

    private static @Nullable String textOrNull(ByteBuffer source) {
        int length = source.getInt();
        if (length == NONE) {
            return null;
        }
        if (length < 0 || length > source.remaining()) {
            throw new IllegalArgumentException("a catalog entry with a text of an impossible length");
        }
        byte[] bytes = new byte[length];
        source.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void putNumbers(DataOutputStream target, List<Integer> numbers) throws IOException {
        target.writeByte(numbers.size());
        for (int number : numbers) {
            target.writeInt(number);
        }
    }

    private static List<Integer> numbers(ByteBuffer source) {
        int count = source.get() & 0xff;
        List<Integer> numbers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            numbers.add(source.getInt());
        }
        return numbers;
    }

    private static void putRange(DataOutputStream target, HashKeyRange range) throws IOException {
        target.writeLong(range.start().high());
        target.writeLong(range.start().low());
        target.writeLong(range.end().high());
        target.writeLong(range.end().low());
    }

    private static HashKeyRange range(ByteBuffer source) {
        HashKey start = new HashKey(source.getLong(), source.getLong());
        return new HashKeyRange(start, new HashKey(source.getLong(), source.getLong()));
    }
}
