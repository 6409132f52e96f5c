package io.millrace.lease.admin;

import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WriteOutcome;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Makes all workers look at their leases at once, after somebody has changed them by hand: every plan gets another revision, and
 * the row that tells of new plans moves. Without it a worker finds out when it next writes or the leader plans
 * anew; where it ends before the row has moved, at the leader's next look.
 */
public final class PlanNews {
    private PlanNews() {}

    /**
     * Rings.
     *
     * @param reason for people who look at the table
     * @return completes when the news is in the table; fails as the table does
     */
    public static CompletableFuture<Void> ring(LeaseTable table, String reason) {
        return table.listPlans().thenCompose(plans -> renew(table, plans)).thenCompose(renewed -> tell(table, reason));
    }

    /** A conflict is as good: the leader has just written a plan, after the leases were changed. */
    private static CompletableFuture<Void> renew(LeaseTable table, List<PlanRow> plans) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        for (PlanRow plan : plans) {
            all = all.thenCompose(before -> table.put(plan)).thenAccept(outcome -> {});
        }
        return all;
    }

    private static CompletableFuture<Void> tell(LeaseTable table, String reason) {
        return table.listMembers().thenCompose(members -> {
            NewsRow news = new NewsRow(members.news(), reason);
            return table.put(news).thenCompose(outcome -> {
                // Where that row cannot be read and has no revision, workers read plans at every poll anyway.
                boolean isTold = outcome.isApplied()
                        || (news.revision() == 0
                                && outcome instanceof WriteOutcome.Conflict conflict
                                && conflict.currentOrNull() instanceof UnreadableRow);
                return isTold ? CompletableFuture.completedFuture(null) : tell(table, reason);
            });
        });
    }
}
