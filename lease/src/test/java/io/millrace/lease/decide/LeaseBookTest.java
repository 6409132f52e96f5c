package io.millrace.lease.decide;

import static io.millrace.lease.decide.Rows.ALICE;
import static io.millrace.lease.decide.Rows.fleet;
import static io.millrace.lease.decide.Rows.lease;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LeaseBookTest {
    private final LeaseBook book = new LeaseBook();

    @Test
    void childIsReadyWhenAllItsParentsAreFinished() {
        LeaseRow child = lease(3, 1, 2);
        book.replaceAll(List.of(lease(1).finished(List.of()), lease(2), child), 0, 1);
        assertThat(book.isReady(child)).isFalse();

        book.learn(lease(2).finished(List.of()), 2);
        assertThat(book.isReady(child)).isTrue();
    }

    @Test
    void childWithoutTheRowOfAParentWaits() {
        assertThat(book.isReady(lease(3, 1))).isFalse();
    }

    @Test
    void leaseThatHasStartedNeedsNoParentRows() {
        Checkpoint moved = Checkpoint.processed(RecordPosition.of(SequenceNumber.ZERO));

        assertThat(book.isReady(lease(3, 1).withCheckpoint(moved))).isTrue();
    }

    @Test
    void leaseOfAMissingWorkerIsFreeOnlyIfTheWorkersWereReadAfterIt() {
        LeaseRow taken = lease(1).takenBy(ALICE);
        book.learn(taken, 10);

        assertThat(book.isFree(taken, fleet(9, Map.of()))).isFalse();
        assertThat(book.isFree(taken, fleet(10, Map.of()))).isTrue();
        assertThat(book.isFree(taken, fleet(10, Map.of(ALICE, Standing.ACTIVE))))
                .isFalse();
        assertThat(book.isFree(taken, fleet(10, Map.of(ALICE, Standing.LEAVING))))
                .isFalse();
        assertThat(book.isFree(taken, fleet(9, Map.of(ALICE, Standing.EXPIRED))))
                .isTrue();
    }

    @Test
    void leaseReadInAListCountsAsSeenWhenTheListCame() {
        LeaseRow taken = lease(1).takenBy(ALICE);
        book.replaceAll(List.of(taken), 5, 20);

        assertThat(book.isFree(taken, fleet(19, Map.of()))).isFalse();
        assertThat(book.isFree(taken, fleet(20, Map.of()))).isTrue();
    }

    @Test
    void answerThatWasOvertakenHidesNothing() {
        LeaseRow newer = lease(1).takenBy(ALICE).withRevision(5);
        book.learn(newer, 10);

        book.hear(lease(1).withRevision(4), 20);
        assertThat(book.row(newer.key())).contains(newer);

        book.hear(newer.released().withRevision(6), 20);
        assertThat(book.row(newer.key())).contains(newer.released().withRevision(6));
    }

    @Test
    void listDoesNotHideWhatBecameKnownWhileItWasRead() {
        LeaseRow newer = lease(1).takenBy(ALICE).withRevision(5);
        book.learn(newer, 10);

        book.replaceAll(List.of(lease(1)), 5, 20);
        assertThat(book.row(newer.key())).contains(newer);

        book.replaceAll(List.of(), 15, 20);
        assertThat(book.row(newer.key())).isEmpty();
    }
}
