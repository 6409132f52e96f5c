package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.InMemoryLeaseTable;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Position;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class BulkWritesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Simulation sim = new Simulation(7);

    @Test
    void startOnManyShardsTakesFewCallsForTheirLeases() {
        Calls calls = new Calls();
        ListeningWorker worker = worker(calls, 400);

        sim.runUntil(() -> worker.held.size() == 400, SECOND.multipliedBy(5));

        assertThat(calls.ofMany).isPositive();
        assertThat(calls.ofLeases + calls.ofMany).as("for 800 writes").isLessThan(100);
    }

    /** Rows in one call cost the table more, see {@link io.millrace.lease.table.LeaseTable#putAll}. */
    @Test
    void startOnFewShardsWritesEachLeaseByItself() {
        Calls calls = new Calls();
        ListeningWorker worker = worker(calls, 4);

        sim.runUntil(() -> worker.held.size() == 4, SECOND);

        assertThat(calls.ofMany).isZero();
        assertThat(calls.ofLeases).isEqualTo(8);
    }

    private ListeningWorker worker(Calls calls, int shards) {
        return new ListeningWorker(
                sim, new FakeStream(shards), "alice", FakeStream.NAME, Position.trimHorizon(), calls);
    }

    private static final class Calls extends PassingTable {
        private int ofLeases;
        private int ofMany;

        Calls() {
            super(new InMemoryLeaseTable());
        }

        @Override
        public CompletableFuture<WriteOutcome> put(Row row) {
            ofLeases += row instanceof LeaseRow ? 1 : 0;
            return super.put(row);
        }

        @Override
        public List<CompletableFuture<WriteOutcome>> putAll(List<Row> rows) {
            ofMany++;
            return rows.stream().map(super::put).toList();
        }
    }
}
