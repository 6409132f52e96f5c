package io.millrace.streamcore.api.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardFilterTest {
    /** Shard 0 was split at 100 s into 1 and 2, which were merged at 200 s into 3; shard 4 was there from the start. */
    private static final List<Shard> SHARDS = List.of(
            shard(0, List.of(), 0, 100),
            shard(1, List.of(0), 100, 200),
            shard(2, List.of(0), 100, 200),
            shard(3, List.of(1, 2), 200, null),
            shard(4, List.of(), 0, null));

    @ParameterizedTest
    @CsvSource({"AT_TRIM_HORIZON, 0 4", "FROM_TRIM_HORIZON, 0 1 2 3 4", "AT_LATEST, 3 4"})
    void plainRulesNeedNothingElse(ShardFilter.Type type, String expected) {
        assertThat(apply(new ShardFilter(type, null, null))).isEqualTo(expected);
    }

    @Test
    void theTrimHorizonMovesWithTheShardsThatAreKept() {
        ShardFilter filter = new ShardFilter(ShardFilter.Type.AT_TRIM_HORIZON, null, null);
        assertThat(filter.apply(SHARDS.subList(1, 5))).extracting(Shard::id).containsExactly(id(1), id(2), id(4));
    }

    @Test
    void afterAShardMeansHigherIds() {
        assertThat(apply(new ShardFilter(ShardFilter.Type.AFTER_SHARD_ID, id(2), null)))
                .isEqualTo("3 4");
    }

    /** Within the second of a split the parent is meant: its reader finds the children, theirs would miss its records. */
    @ParameterizedTest
    @CsvSource({
        "-5, 0 4",
        "0, 0 4",
        "50.5, 0 4",
        "100.0, 0 4",
        "100.9, 0 4",
        "101.0, 1 2 4",
        "200.5, 1 2 4",
        "201.0, 3 4",
        "9999, 3 4"
    })
    void atATimeEveryHashKeyHasOneShard(double seconds, String expected) {
        assertThat(apply(new ShardFilter(ShardFilter.Type.AT_TIMESTAMP, null, time(seconds))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 1 2 3 4", "100.9, 0 1 2 3 4", "101, 1 2 3 4", "200.9, 1 2 3 4", "201, 3 4"})
    void fromATimeWhatHadEndedIsLeftOut(double seconds, String expected) {
        assertThat(apply(new ShardFilter(ShardFilter.Type.FROM_TIMESTAMP, null, time(seconds))))
                .isEqualTo(expected);
    }

    @Test
    void aRuleNeedsItsArgument() {
        assertThatThrownBy(() -> new ShardFilter(ShardFilter.Type.AFTER_SHARD_ID, null, null))
                .hasMessageContaining("needs a ShardId");
        assertThatThrownBy(() -> new ShardFilter(ShardFilter.Type.AT_TIMESTAMP, null, null))
                .hasMessageContaining("needs a Timestamp");
        assertThatThrownBy(() -> new ShardFilter(ShardFilter.Type.FROM_TIMESTAMP, null, null))
                .hasMessageContaining("needs a Timestamp");
    }

    private static String apply(ShardFilter filter) {
        StringBuilder indexes = new StringBuilder();
        for (Shard shard : filter.apply(SHARDS)) {
            indexes.append(SHARDS.indexOf(shard)).append(' ');
        }
        return indexes.toString().strip();
    }

    private static Instant time(double seconds) {
        return Instant.ofEpochMilli(Math.round(seconds * 1000));
    }

    private static ShardId id(int index) {
        return ShardId.of(index);
    }

    private static Shard shard(int index, List<Integer> parents, long born, @Nullable Integer ended) {
        return new Shard(
                id(index),
                parents.stream().map(ShardFilterTest::id).toList(),
                HashKeyRange.ALL,
                new SequenceNumberRange(
                        SequenceNumber.of(born, index, 0, born),
                        ended == null ? null : SequenceNumber.of(born, index, Long.MAX_VALUE, ended)));
    }
}
