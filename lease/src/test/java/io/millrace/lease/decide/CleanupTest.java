package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.STREAM;
import static io.millrace.lease.decide.Rows.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CleanupTest {
    private static final LeaseRow FINISHED = lease(0).finished(List.of(ShardId.of(1)));
    private static final LeaseRow STARTED =
            lease(1, 0).withCheckpoint(Checkpoint.processed(RecordPosition.of(SequenceNumber.ZERO)));

    @Test
    void finishedLeaseGoesOnceRetentionHasPassedAndItsChildHasBegun() {
        assertThat(Cleanup.obsolete(STREAM, listed(1), List.of(FINISHED, STARTED)))
                .containsExactly(FINISHED);
    }

    @Test
    void leaseOfAShardThatIsStillListedStays() {
        assertThat(Cleanup.obsolete(STREAM, listed(0, 1), List.of(FINISHED, STARTED)))
                .isEmpty();
    }

    @Test
    void parentOfAChildThatHasNotBegunStays() {
        assertThat(Cleanup.obsolete(STREAM, listed(1), List.of(FINISHED, lease(1, 0))))
                .isEmpty();
    }

    @Test
    void unfinishedLeaseStays() {
        assertThat(Cleanup.obsolete(STREAM, listed(2), List.of(lease(0), STARTED)))
                .isEmpty();
    }

    @Test
    void listThatIsEmptyOrOlderThanTheShardProvesNothing() {
        assertThat(Cleanup.obsolete(STREAM, listed(), List.of(FINISHED, STARTED)))
                .isEmpty();
        LeaseRow later = lease(7).finished(List.of());
        assertThat(Cleanup.obsolete(STREAM, listed(1, 2), List.of(later))).isEmpty();
    }

    private static List<Shard> listed(int... ids) {
        return Arrays.stream(ids)
                .mapToObj(id -> new Shard(
                        ShardId.of(id), List.of(), HashKeyRange.ALL, SequenceNumberRange.openFrom(SequenceNumber.ZERO)))
                .toList();
    }
}
