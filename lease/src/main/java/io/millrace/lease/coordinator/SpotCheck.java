package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The leader's look whether the leases are still there: idle workers would not notice. Every half failover time it looks up
 * one lease of each stream, and those whose rows cannot be read. Should one be missing or mended, a look at all leases
 * follows, which says what happened.
 *
 * <p>Belongs to the loop.
 */
final class SpotCheck {
    /** So many leases whose rows cannot be read are looked at again and again. */
    private static final int MOST_WATCHED = 50;

    private final Wiring wiring;
    private final SureTable table;
    private final LeaseBook book;
    private final Supplier<List<LeaseKey>> unreadable;
    private final Runnable onChange;
    private boolean looking;
    private long lastLook;

    SpotCheck(Wiring wiring, SureTable table, LeaseBook book, Supplier<List<LeaseKey>> unreadable, Runnable onChange) {
        this.wiring = wiring;
        this.table = table;
        this.book = book;
        this.unreadable = unreadable;
        this.onChange = onChange;
    }

    /** Looks if it is time to. */
    void look() {
        Duration pause = wiring.settings().failoverTime().dividedBy(2);
        if (looking || wiring.platform().ticker().since(lastLook).compareTo(pause) < 0) {
            return;
        }
        lastLook = wiring.now();
        Map<StreamName, LeaseKey> one = new TreeMap<>();
        book.rows().stream()
                .filter(row -> !row.isFinished())
                .forEach(row -> one.putIfAbsent(row.key().stream(), row.key()));
        List<LeaseKey> damaged = unreadable.get().stream().limit(MOST_WATCHED).toList();
        List<LeaseKey> asked = new ArrayList<>(one.values());
        damaged.stream().filter(key -> !asked.contains(key)).forEach(asked::add);
        if (asked.isEmpty()) {
            return;
        }
        looking = true;
        wiring.then(
                table.read(rows -> rows.getLeases(asked)),
                found -> {
                    looking = false;
                    List<LeaseKey> there = found.stream().map(LeaseRow::key).toList();
                    if (!there.containsAll(one.values()) || there.stream().anyMatch(damaged::contains)) {
                        onChange.run();
                    }
                },
                error -> looking = false);
    }
}
