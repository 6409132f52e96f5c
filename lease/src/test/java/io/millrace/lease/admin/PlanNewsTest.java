package io.millrace.lease.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.WorkerId;
import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.PlanRow;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PlanNewsTest {
    private static final WorkerId ALICE = new WorkerId("alice", "1");

    private final InMemoryLeaseTable table = new InMemoryLeaseTable();

    @Test
    void everyPlanIsUnderANewRevisionAfterwardsAndThereIsNewsOfIt() {
        PlanRow plan = new PlanRow(ALICE, 0, ALICE, 1, new TreeMap<>(), new TreeMap<>());
        table.put(plan).join();
        // What the leader wrote while the leases were changed: a look at them then was too early.
        table.put(plan.withRevision(1)).join();

        PlanNews.ring(table, "test").join();

        assertThat(table.listPlans().join()).containsExactly(plan.withRevision(3));
        assertThat(table.listMembers().join().news()).isEqualTo(1);
    }
}
