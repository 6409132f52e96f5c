package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.STREAM;
import static io.millrace.lease.decide.Rows.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.Lineage;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HashRangeAuditTest {
    private static final List<HashKeyRange> QUARTERS = HashKeyRange.evenly(4);

    @Test
    void leasesThatTileTheRangeHaveNoHoles() {
        assertThat(HashRangeAudit.holes(STREAM, List.of(quarter(2), quarter(0), quarter(3), quarter(1))))
                .isEmpty();
    }

    @Test
    void parentAndItsWaitingChildrenMayOverlap() {
        assertThat(HashRangeAudit.holes(STREAM, List.of(row(9, HashKeyRange.ALL), quarter(1), quarter(2))))
                .isEmpty();
    }

    @Test
    void missingAndFinishedLeasesLeaveHoles() {
        assertThat(HashRangeAudit.holes(STREAM, List.of(quarter(1), quarter(3).finished(List.of()))))
                .containsExactly(
                        QUARTERS.get(0),
                        new HashKeyRange(
                                QUARTERS.get(2).start(), QUARTERS.get(3).end()));
    }

    @Test
    void withoutLeasesEverythingIsAHole() {
        assertThat(HashRangeAudit.holes(STREAM, List.of())).containsExactly(HashKeyRange.ALL);
    }

    private static LeaseRow quarter(int number) {
        return row(number, QUARTERS.get(number));
    }

    private static LeaseRow row(int shard, HashKeyRange range) {
        return LeaseRow.fresh(
                key(shard), Checkpoint.notStarted(Position.trimHorizon()), new Lineage(List.of(), List.of(), range));
    }
}
