package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CheckpointTest {
    private static final List<Checkpoint> IN_ORDER = List.of(
            Checkpoint.notStarted(Position.trimHorizon()),
            processed(1, 0),
            processed(1, 1),
            processed(2, 0),
            Checkpoint.shardEnd());

    @Test
    void progressGoesFromTheStartOverRecordsToTheEnd() {
        for (int i = 0; i < IN_ORDER.size(); i++) {
            for (int j = 0; j < IN_ORDER.size(); j++) {
                assertThat(IN_ORDER.get(i).isAfter(IN_ORDER.get(j)))
                        .as("%s after %s", IN_ORDER.get(i), IN_ORDER.get(j))
                        .isEqualTo(i > j);
            }
        }
    }

    @Test
    void noInitialPositionIsProgressOverAnother() {
        Checkpoint latest = Checkpoint.notStarted(Position.latest());
        Checkpoint atTime = Checkpoint.notStarted(new Position.AtTimestamp(Instant.EPOCH));

        assertThat(latest.isAfter(atTime)).isFalse();
        assertThat(atTime.isAfter(latest)).isFalse();
    }

    @Test
    void readingGoesOnBehindTheLastProcessedRecord() {
        RecordPosition inAggregate = new RecordPosition(SequenceNumber.parse("5"), 3);
        assertThat(Checkpoint.processed(inAggregate).resumeAt()).contains(new Position.AfterRecord(inAggregate));
        assertThat(Checkpoint.notStarted(Position.latest()).resumeAt()).contains(Position.latest());
        assertThat(Checkpoint.shardEnd().resumeAt()).isEqualTo(Optional.empty());
    }

    private static Checkpoint processed(long number, long subSequenceNumber) {
        return Checkpoint.processed(new RecordPosition(SequenceNumber.parse(Long.toString(number)), subSequenceNumber));
    }
}
