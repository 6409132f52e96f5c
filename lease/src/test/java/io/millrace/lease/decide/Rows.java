package io.millrace.lease.decide;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Short ways to say rows. */
final class Rows {
    static final StreamName STREAM = new StreamName("orders");
    static final WorkerId ALICE = new WorkerId("alice", "1");
    static final WorkerId BOB = new WorkerId("bob", "2");
    static final WorkerId CAROL = new WorkerId("carol", "3");

    private Rows() {}

    static LeaseKey key(int shard) {
        return new LeaseKey(STREAM, ShardId.of(shard));
    }

    /** A lease in the table that nobody has had, waiting for these parents. */
    static LeaseRow lease(int shard, int... parents) {
        Lineage lineage = new Lineage(
                Arrays.stream(parents).mapToObj(ShardId::of).toList(), java.util.List.of(), HashKeyRange.ALL);
        return LeaseRow.fresh(key(shard), Checkpoint.notStarted(Position.trimHorizon()), lineage)
                .withRevision(1);
    }

    static WorkerRow worker(WorkerId id, long revision) {
        return new WorkerRow(id, revision, WorkerRow.State.ACTIVE, 0, 0, new WorkerRow.Info("", "", 0));
    }

    static Fleet fleet(long readAt, Map<WorkerId, Standing> standings) {
        return new Fleet(readAt, new TreeMap<>(standings));
    }
}
