package io.millrace.multilang.processor;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.checkpoint.CheckpointFailedException;
import io.millrace.checkpoint.LeaseLostException;
import io.millrace.lease.LeaseKey;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.processor.AskedCheckpoint.Meaning;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A child's checkpoints by the KCL's rules; 10/2 is saved and 20/4 delivered. */
class AskedCheckpointTest {
    private static final Checkpoint SAVED = Checkpoint.processed(at(10, 2));

    @ParameterizedTest
    @CsvSource({"10, 3", "11,", "11, 0", "15, 99", "20,", "20, 4"})
    void positionsBetweenTheLastCheckpointAndTheLastRecordAreTaken(String number, @Nullable Long sub) {
        assertThat(meaning(number, sub))
                .isEqualTo(new Meaning.UpTo(at(Integer.parseInt(number), sub == null ? 0 : sub)));
    }

    @ParameterizedTest
    @CsvSource({"10,", "10, 1", "9, 99", "20, 5", "21,", "15, -1", "LATEST,", "SHARD_END,", "x,", "-5,", "1e9,"})
    void othersAreRefused(String number, @Nullable Long sub) {
        assertThat(meaning(number, sub)).isEqualTo(new Meaning.Refused("IllegalArgumentException"));
    }

    @Test
    void lastCheckpointMayBeRepeated() {
        assertThat(meaning("10", 2L)).isEqualTo(new Meaning.Saved());
        assertThat(AskedCheckpoint.of(new FromChild.Checkpoint("10", 2L), SAVED, null, false))
                .isEqualTo(new Meaning.Saved());
    }

    @Test
    void nothingNamedMeansEverything() {
        assertThat(meaning(null, null)).isEqualTo(new Meaning.Everything());
        assertThat(meaning(null, -3L))
                .as("a sub-sequence number alone means nothing")
                .isEqualTo(new Meaning.Everything());
        assertThat(AskedCheckpoint.of(new FromChild.Checkpoint("SHARD_END", null), SAVED, at(20, 4), true))
                .isEqualTo(new Meaning.Everything());
    }

    @Test
    void nothingIsTakenBeforeTheFirstRecord() {
        assertThat(AskedCheckpoint.of(
                        new FromChild.Checkpoint("1", null), Checkpoint.notStarted(Position.latest()), null, false))
                .isInstanceOf(Meaning.Refused.class);
    }

    @Test
    void errorsHaveTheKclsNames() {
        LeaseKey key = new LeaseKey(new StreamName("s"), ShardId.of(0));
        assertThat(AskedCheckpoint.nameOf(new CompletionException(new LeaseLostException(key, 1))))
                .isEqualTo("ShutdownException");
        assertThat(AskedCheckpoint.nameOf(new CheckpointFailedException("x", null)))
                .isEqualTo("KinesisClientLibDependencyException");
        assertThat(AskedCheckpoint.nameOf(new IllegalArgumentException("x"))).isEqualTo("IllegalArgumentException");
        assertThat(AskedCheckpoint.nameOf(new ArithmeticException("x"))).isEqualTo("ArithmeticException");
    }

    private static Meaning meaning(@Nullable String number, @Nullable Long sub) {
        return AskedCheckpoint.of(new FromChild.Checkpoint(number, sub), SAVED, at(20, 4), false);
    }

    private static RecordPosition at(int number, long sub) {
        return new RecordPosition(SequenceNumber.parse(Integer.toString(number)), sub);
    }
}
