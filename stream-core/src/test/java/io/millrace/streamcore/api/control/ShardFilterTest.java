package io.millrace.streamcore.api.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.streamcore.stream.StreamState.ShardState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardFilterTest {
    /** The oldest moment that is kept: before all of it. */
    private static final long HORIZON = -10_000;

    /** Shard 0 was split at 100.25 s into 1 and 2, merged at 200 s into 3; shard 4 was there from the start. */
    private static final List<ShardState> SHARDS = List.of(
            shard(0, List.of(), 0, 100_250L),
            shard(1, List.of(0), 100_250, 200_000L),
            shard(2, List.of(0), 100_250, 200_000L),
            shard(3, List.of(1, 2), 200_000, null),
            shard(4, List.of(), 0, null));

    @ParameterizedTest
    @CsvSource({"AT_TRIM_HORIZON, 0 4", "FROM_TRIM_HORIZON, 0 1 2 3 4", "AT_LATEST, 3 4"})
    void plainRulesNeedNothingElse(ShardFilter.Type type, String expected) {
        assertThat(apply(new ShardFilter(type, null, null))).isEqualTo(expected);
    }

    @Test
    void theTrimHorizonMovesWithTheShardsThatAreKept() {
        ShardFilter filter = new ShardFilter(ShardFilter.Type.AT_TRIM_HORIZON, null, null);
        assertThat(filter.apply(SHARDS.subList(1, 5), HORIZON))
                .extracting(Shard::id)
                .containsExactly(id(1), id(2), id(4));
    }

    @Test
    void afterAShardMeansHigherIds() {
        assertThat(apply(new ShardFilter(ShardFilter.Type.AFTER_SHARD_ID, id(2), null)))
                .isEqualTo("3 4");
    }

    /** In the very millisecond the parent is meant: its reader finds the children, theirs would miss its records. */
    @ParameterizedTest
    @CsvSource({
        "-5, 0 4",
        "0, 0 4",
        "50.5, 0 4",
        "100.249, 0 4",
        "100.250, 0 4",
        "100.251, 1 2 4",
        "200.000, 1 2 4",
        "200.001, 3 4",
        "9999, 3 4"
    })
    void atATimeEveryHashKeyHasOneShard(double seconds, String expected) {
        assertThat(apply(new ShardFilter(ShardFilter.Type.AT_TIMESTAMP, null, time(seconds))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 1 2 3 4", "100.250, 0 1 2 3 4", "100.251, 1 2 3 4", "200, 1 2 3 4", "200.001, 3 4"})
    void fromATimeWhatHadEndedIsLeftOut(double seconds, String expected) {
        assertThat(apply(new ShardFilter(ShardFilter.Type.FROM_TIMESTAMP, null, time(seconds))))
                .isEqualTo(expected);
    }

    /** Shards that ended before it are listed for a while still, but hold no record that is kept. */
    @ParameterizedTest
    @CsvSource({
        "AT_TRIM_HORIZON, 150000, 1 2 4",
        "FROM_TRIM_HORIZON, 150000, 1 2 3 4",
        "AT_TIMESTAMP, 150000, 1 2 4",
        "FROM_TIMESTAMP, 150000, 1 2 3 4",
        "AT_TRIM_HORIZON, 300000, 3 4",
        "FROM_TRIM_HORIZON, 300000, 3 4",
        "AT_LATEST, 300000, 3 4"
    })
    void nothingBeforeTheTrimHorizonIsMeant(ShardFilter.Type type, long horizon, String expected) {
        boolean isByTime = type == ShardFilter.Type.AT_TIMESTAMP || type == ShardFilter.Type.FROM_TIMESTAMP;
        assertThat(apply(new ShardFilter(type, null, isByTime ? time(50) : null), horizon))
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
        return apply(filter, HORIZON);
    }

    private static String apply(ShardFilter filter, long horizon) {
        StringBuilder indexes = new StringBuilder();
        List<Shard> all = SHARDS.stream().map(ShardState::shard).toList();
        for (Shard shard : filter.apply(SHARDS, horizon)) {
            indexes.append(all.indexOf(shard)).append(' ');
        }
        return indexes.toString().strip();
    }

    private static Instant time(double seconds) {
        return Instant.ofEpochMilli(Math.round(seconds * 1000));
    }

    private static ShardId id(int index) {
        return ShardId.of(index);
    }

    private static ShardState shard(int index, List<Integer> parents, long opened, @Nullable Long closed) {
        Shard shard = new Shard(
                id(index),
                parents.stream().map(ShardFilterTest::id).toList(),
                HashKeyRange.ALL,
                new SequenceNumberRange(
                        SequenceNumber.of(opened / 1000, index, 0, opened / 1000),
                        closed == null
                                ? null
                                : SequenceNumber.of(opened / 1000, index, Long.MAX_VALUE, closed / 1000)));
        return new ShardState(shard, opened, closed == null ? ShardState.STILL_OPEN : closed);
    }
}
