package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.BOB;
import static io.millrace.lease.decide.Rows.CAROL;
import static io.millrace.lease.decide.Rows.fleet;
import static io.millrace.lease.decide.Rows.key;
import static io.millrace.lease.decide.Rows.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Alice shall give a lease to Bob, within ten nanoseconds. */
final class HandoffPatienceTest {
    private final HandoffPatience patience = new HandoffPatience(Duration.ofNanos(10));
    private final LeaseBook book = new LeaseBook();
    private final LeaseRow owned = lease(1).takenBy(ALICE).withRevision(5);

    @Test
    void leaseIsOverdueWhenItsOwnerHasHadItsTimeSinceItConfirmed() {
        book.learn(owned, 0);

        patience.observe(control(6), book, BOB, 0);
        assertThat(patience.overdue(100)).as("not confirmed").isEmpty();

        patience.observe(control(7), book, BOB, 100);
        patience.observe(control(7), book, BOB, 109);
        assertThat(patience.overdue(109)).isEmpty();
        assertThat(patience.overdue(110)).containsExactly(Map.entry(key(1), owned.epoch()));
    }

    @Test
    void leaseThatSomebodyElseHasByNowIsNotTakenByForce() {
        book.learn(owned, 0);
        patience.observe(control(7), book, BOB, 0);
        // Alice gave it back in the end, Carol took it, and Bob hears of it before he looks at the plans again.
        LeaseRow carols = owned.takenBy(CAROL).withRevision(7);
        book.learn(carols, 20);

        assertThat(intentions(20).takes()).isEmpty();
        book.learn(owned, 21);
        assertThat(intentions(21).takes()).containsExactly(owned);
    }

    @Test
    void newOwnershipOfTheSameWorkerHasItsOwnTime() {
        book.learn(owned, 0);
        patience.observe(control(7), book, BOB, 0);
        LeaseRow again = owned.takenBy(ALICE).withRevision(7);
        book.learn(again, 9);
        patience.observe(control(7), book, BOB, 9);

        assertThat(patience.overdue(18)).isEmpty();
        assertThat(patience.overdue(19)).containsExactly(Map.entry(key(1), again.epoch()));
    }

    private Intentions intentions(long now) {
        Map<WorkerId, Standing> all = Map.of(ALICE, Standing.ACTIVE, BOB, Standing.ACTIVE, CAROL, Standing.ACTIVE);
        PlanRow bobs = new PlanRow(BOB, 3, CAROL, 1, new TreeMap<>(Map.of(key(1), "evens out")), new TreeMap<>());
        return Intentions.of(bobs, Set.of(), book, fleet(now, all), patience.overdue(now));
    }

    private static ControlRows control(long planSeen) {
        PlanRow alices = new PlanRow(ALICE, 7, CAROL, 1, new TreeMap<>(), new TreeMap<>(Map.of(key(1), BOB)));
        WorkerRow alice = new WorkerRow(ALICE, 4, WorkerRow.State.ACTIVE, 0, planSeen, new WorkerRow.Info("", "", 1));
        return new ControlRows(List.of(alices), List.of(), List.of(alice));
    }
}
