package io.millrace.lease.kcl;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.table.TableRefusedException;
import io.millrace.model.Bytes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * One lease as the KCL keeps it. What only a running KCL needs (owners, throughput) is left out.
 *
 * @param leaseKey the row's key: the shard, or {@code account:stream:creation:shard} where a table serves several streams
 * @param counter moves whenever a worker of the KCL renews, takes or checkpoints the lease
 * @param checkpoint the digits of a sequence number, or TRIM_HORIZON, LATEST, AT_TIMESTAMP or SHARD_END
 * @param subSequence the place within the aggregate record that the checkpoint names
 * @param pending the checkpoint that was prepared and not completed
 * @param parents the shards it follows
 * @param children the shards that follow it, known at its end
 * @param hashKeys the lowest and the highest hash key as decimal text; empty in rows of the KCL 1.x
 */
public record KclLease(
        String leaseKey,
        long counter,
        String checkpoint,
        long subSequence,
        Optional<Pending> pending,
        List<String> parents,
        List<String> children,
        Optional<HashKeys> hashKeys) {
    static final String KEY = "leaseKey";
    static final String COUNTER = "leaseCounter";

    /** Checks the parts and sorts the lists. */
    public KclLease {
        requireNonNull(leaseKey, "leaseKey");
        requireNonNull(checkpoint, "checkpoint");
        requireNonNull(hashKeys, "hashKeys");
        parents = parents.stream().sorted().toList();
        children = children.stream().sorted().toList();
    }

    /**
     * The hash keys of a shard.
     *
     * @param start the lowest, in decimal
     * @param end the highest, in decimal
     */
    public record HashKeys(String start, String end) {
        /** Checks the parts. */
        public HashKeys {
            requireNonNull(start, "start");
            requireNonNull(end, "end");
        }
    }

    /**
     * A checkpoint that was prepared.
     *
     * @param checkpoint the digits of its sequence number
     * @param subSequence its place within an aggregate
     * @param state the bytes that the application left with it
     */
    public record Pending(String checkpoint, long subSequence, Bytes state) {
        /** Checks the parts. */
        public Pending {
            requireNonNull(checkpoint, "checkpoint");
            requireNonNull(state, "state");
        }
    }

    private static Optional<Pending> pending(Map<String, AttributeValue> item) {
        AttributeValue state = item.get("pendingCheckpointState");
        return text(item, "pendingCheckpoint")
                .map(digits -> new Pending(
                        digits,
                        Long.parseLong(number(item, "pendingCheckpointSubSequenceNumber")
                                .orElse("0")),
                        state == null || state.b() == null
                                ? Bytes.empty()
                                : Bytes.wrap(state.b().asByteArrayUnsafe())));
    }

    /**
     * Reads a row.
     *
     * @throws TableRefusedException if it is no lease of the KCL
     */
    static KclLease read(Map<String, AttributeValue> item) {
        String key = text(item, KEY).orElse("?");
        try {
            Optional<String> start = text(item, "startingHashKey");
            Optional<String> end = text(item, "endingHashKey");
            return new KclLease(
                    key,
                    Long.parseLong(number(item, COUNTER).orElseThrow()),
                    text(item, "checkpoint").orElseThrow(),
                    Long.parseLong(number(item, "checkpointSubSequenceNumber").orElse("0")),
                    pending(item),
                    texts(item, "parentShardId"),
                    texts(item, "childShardIds"),
                    start.flatMap(first -> end.map(last -> new HashKeys(first, last))));
        } catch (RuntimeException error) {
            throw new TableRefusedException(
                    "the row '" + key + "' cannot be read as a lease of the KCL (" + error.getMessage()
                            + "); correct it or delete it",
                    error);
        }
    }

    /** What is written of the row besides its key; empty lists are absent, as the KCL wants it. */
    Map<String, AttributeValue> attributes() {
        Map<String, AttributeValue> item = new HashMap<>();
        item.put(COUNTER, AttributeValue.fromN(Long.toString(counter)));
        item.put("checkpoint", AttributeValue.fromS(checkpoint));
        item.put("checkpointSubSequenceNumber", AttributeValue.fromN(Long.toString(subSequence)));
        item.put("ownerSwitchesSinceCheckpoint", AttributeValue.fromN("0"));
        pending.ifPresent(prepared -> {
            item.put("pendingCheckpoint", AttributeValue.fromS(prepared.checkpoint));
            item.put("pendingCheckpointSubSequenceNumber", AttributeValue.fromN(Long.toString(prepared.subSequence)));
            if (prepared.state.size() > 0) {
                item.put(
                        "pendingCheckpointState",
                        AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(prepared.state.toByteArray())));
            }
        });
        if (!parents.isEmpty()) {
            item.put("parentShardId", AttributeValue.fromSs(parents));
        }
        if (!children.isEmpty()) {
            item.put("childShardIds", AttributeValue.fromSs(children));
        }
        hashKeys.ifPresent(keys -> {
            item.put("startingHashKey", AttributeValue.fromS(keys.start));
            item.put("endingHashKey", AttributeValue.fromS(keys.end));
        });
        if (leaseKey.indexOf(':') >= 0) {
            int last = leaseKey.lastIndexOf(':');
            item.put("streamName", AttributeValue.fromS(leaseKey.substring(0, last)));
            item.put("shardId", AttributeValue.fromS(leaseKey.substring(last + 1)));
        }
        return item;
    }

    /** This lease under another counter. */
    KclLease withCounter(long other) {
        return new KclLease(leaseKey, other, checkpoint, subSequence, pending, parents, children, hashKeys);
    }

    /** True when {@code other} says the same of the shard, whatever the counters. */
    public boolean sameContent(KclLease other) {
        return withCounter(0).equals(other.withCounter(0));
    }

    private static Optional<String> text(Map<String, AttributeValue> item, String name) {
        return Optional.ofNullable(item.get(name)).map(AttributeValue::s);
    }

    private static Optional<String> number(Map<String, AttributeValue> item, String name) {
        return Optional.ofNullable(item.get(name)).map(AttributeValue::n);
    }

    private static List<String> texts(Map<String, AttributeValue> item, String name) {
        AttributeValue value = item.get(name);
        return value == null ? List.of() : value.ss();
    }
}
