package io.millrace.lease.kcl;

import static java.util.Objects.requireNonNull;

import io.millrace.lease.table.TableRefusedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a KCL's lease table held. From 3.5 on it also keeps rows that are no leases: the leader's lock, what the workers
 * measure, the state of its own migrations.
 *
 * @param leases the leases by their keys
 * @param others the rows that are no leases by their keys; only compared, never understood
 */
public record KclSnapshot(SortedMap<String, KclLease> leases, SortedMap<String, Map<String, AttributeValue>> others) {
    /** A table without rows. */
    public static final KclSnapshot EMPTY = of(List.of());

    private static final String ENTITY_TYPE = "entityType";
    private static final String LEASE = "LEASE";

    /** Copies the maps. */
    public KclSnapshot {
        leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
        others = Collections.unmodifiableSortedMap(new TreeMap<>(others));
    }

    /**
     * Sorts the rows of a table.
     *
     * @throws TableRefusedException if a lease cannot be read
     */
    static KclSnapshot of(List<Map<String, AttributeValue>> items) {
        SortedMap<String, KclLease> leases = new TreeMap<>();
        SortedMap<String, Map<String, AttributeValue>> others = new TreeMap<>();
        for (Map<String, AttributeValue> item : items) {
            AttributeValue type = item.get(ENTITY_TYPE);
            if (type == null || LEASE.equals(type.s())) {
                KclLease lease = KclLease.read(item);
                leases.put(lease.leaseKey(), lease);
            } else {
                others.put(requireNonNull(item.get(KclLease.KEY)).s(), item);
            }
        }
        return new KclSnapshot(leases, others);
    }

    /** The keys of the rows that came, went or moved since {@code before}: while there are any, a KCL is at work. */
    public List<String> movedSince(KclSnapshot before) {
        List<String> moved = new ArrayList<>();
        collect(leases, before.leases, moved);
        collect(others, before.others, moved);
        return moved;
    }

    private static <V> void collect(Map<String, V> now, Map<String, V> before, List<String> moved) {
        now.forEach((key, value) -> {
            if (!value.equals(before.get(key))) {
                moved.add(key);
            }
        });
        before.keySet().stream().filter(key -> !now.containsKey(key)).forEach(moved::add);
    }
}
