package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Gives away what the plan says, at the pace at which it is taken. Whoever gets leases has often just joined: given all at
 * once, each shard would stand still until its turn there. So the next lease is asked for when one before it was taken, or
 * has had its time; with every four that were, one more is on its way at once, so that thousands take seconds too.
 *
 * <p>Belongs to the loop.
 */
final class Giving {
    private static final int TAKEN_FOR_ONE_MORE = 4;

    private final Wiring wiring;
    private final WorkerId me;
    private final SureTable table;
    private final OwnedLeases leases;
    /** What was asked for and is not known to be taken, and since when. */
    private final Map<LeaseKey, Long> onTheWay = new HashMap<>();

    private SortedMap<LeaseKey, WorkerId> wanted = new TreeMap<>();
    private int taken;
    private boolean looking;

    Giving(Wiring wiring, WorkerId me, SureTable table, OwnedLeases leases) {
        this.wiring = wiring;
        this.me = me;
        this.table = table;
        this.leases = leases;
    }

    /**
     * Gives what {@code plan} says from now on.
     *
     * @return true when nothing of it will be processed here any more by the time at which others may take it by force,
     *     were they told now. What a leaving worker was asked for may last longer: until its deadline
     */
    boolean obey(PlanRow plan) {
        wanted = plan.gives();
        askForMore();
        Duration time = wiring.settings().givingTime();
        return wanted.keySet().stream().noneMatch(key -> leases.mayOutlast(key, time));
    }

    private void askForMore() {
        forgetTheSlow();
        List<LeaseKey> next = wanted.keySet().stream()
                .filter(leases::canBeAskedFor)
                .limit(Math.max(0, 1 + taken / TAKEN_FOR_ONE_MORE - onTheWay.size()))
                .toList();
        for (LeaseKey key : next) {
            leases.askFor(key, wiring.settings().givingTime(), "planned for " + wanted.get(key));
            onTheWay.put(key, wiring.now());
        }
        if (wanted.keySet().stream().anyMatch(leases::canBeAskedFor)) {
            look();
        } else if (onTheWay.isEmpty()) {
            taken = 0;
        }
    }

    /** Nobody waits for ever for a worker that does not take what it is given. */
    private void forgetTheSlow() {
        long most = wiring.settings().pollInterval().multipliedBy(2).toNanos();
        onTheWay.values().removeIf(since -> wiring.now() - since > most);
    }

    private void look() {
        if (looking) {
            return;
        }
        looking = true;
        EventLoop.Cancellable unused = wiring.later(wiring.settings().watchInterval(), () -> {
            List<LeaseKey> given = List.copyOf(onTheWay.keySet());
            wiring.then(
                    table.read(rows -> rows.getLeases(given)),
                    rows -> {
                        looking = false;
                        rows.forEach(this::hear);
                        askForMore();
                    },
                    error -> {
                        looking = false;
                        askForMore();
                    });
        });
    }

    private void hear(LeaseRow row) {
        boolean hasNewOwner = row.owner().filter(owner -> !owner.equals(me)).isPresent();
        if (hasNewOwner && onTheWay.remove(row.key()) != null) {
            taken++;
        }
    }
}
