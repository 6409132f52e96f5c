package io.millrace.lease.table;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

final class HealthRowTest {
    private static final WorkerId WORKER = new WorkerId("alice", "1f");
    private static final Instant NOW = Instant.parse("2026-11-30T02:00:00.123Z");
    private static final SequenceNumber LONGEST = SequenceNumber.parse("9".repeat(56));

    @Test
    void onlyWhatIsNotWellIsToldTheWorstFirst() {
        LeaseStatus well = status(0, 4_999, null, null);
        LeaseStatus late = status(1, 5_000, null, null);
        LeaseStatus later = status(2, 50_000, null, null);
        LeaseStatus hangs = status(3, 0, null, hang("at a.B.c(B.java:1)"));
        LeaseStatus throwing = status(4, 0, failure("processRecords threw a.Poison at a.B.c(B.java:2)"), null);

        HealthRow row = HealthRow.of(WORKER, NOW, List.of(well, late, later, hangs, throwing));

        assertThat(row.statuses()).containsExactly(throwing, hangs, later, late);
        assertThat(row.leftOut()).isZero();
    }

    @Test
    void whatIsToldComesBackAsItWas() {
        HealthRow row = HealthRow.of(
                        WORKER,
                        NOW,
                        List.of(
                                status(1, 70_000, failure("threw a.Poison, caused by b.C"), hang("a.B.c(B.java:1)")),
                                status(2, 5_000, failure("cannot be read = lost, 100 %"), null),
                                status(3, 9_000, null, hang("")),
                                status(4, 9_000, null, null)))
                .withRevision(7);

        assertThat(readBack(row)).isEqualTo(row);
    }

    @Test
    void wordsOfANewerVersionAreLeftAloneAndWhatCannotBeReadIsLeftOut() {
        HealthRow row = HealthRow.of(WORKER, NOW, List.of(status(1, 9_000, null, null), status(2, 8_000, null, null)));
        Map<String, AttributeValue> item = item(row);
        Map<String, AttributeValue> shards =
                new HashMap<>(requireNonNull(item.get("shards")).m());
        shards.computeIfPresent("orders/shardId-000000000001", (key, words) -> RowCodec.text(words.s() + " mood=BLUE"));
        shards.put("orders/shardId-000000000002", RowCodec.text("epoch=one"));
        shards.put("nonsense", RowCodec.text("epoch=1"));
        item.put("shards", AttributeValue.fromM(shards));

        assertThat(((HealthRow) RowCodec.row(item)).statuses()).containsExactly(status(1, 9_000, null, null));
    }

    /** DynamoDB's limit is 400 KB an item; the names here are the longest that there may be. */
    @Test
    void thousandsOfTroubledShardsFitTheRowWhateverTheirTroubles() {
        StreamName longest = new StreamName("111122223333:ap-southeast-1:" + "s".repeat(128));
        for (boolean alike : new boolean[] {true, false}) {
            List<LeaseStatus> all = IntStream.range(0, 3_000)
                    .mapToObj(i -> new LeaseStatus(
                            new LeaseKey(longest, ShardId.of(i)),
                            Long.MAX_VALUE,
                            "BATCH_FAILED",
                            Duration.ofDays(365),
                            LeaseStatus.Trend.GROWS,
                            100,
                            failure((alike ? "" : i) + "ü".repeat(2_000)),
                            hang((alike ? "" : i) + "x".repeat(2_000))))
                    .toList();

            HealthRow row = HealthRow.of(WORKER, NOW, all);

            assertThat(size(item(row))).isLessThan(HealthRow.MOST_BYTES + 1_000);
            assertThat(row.statuses()).hasSizeGreaterThan(alike ? 100 : 20);
            assertThat(row.statuses().size() + row.leftOut()).isEqualTo(3_000);
            assertThat(readBack(row)).isEqualTo(row);
        }
    }

    @Test
    void hundredsOfShardsWhoseSinkIsDownAreNamedAndTheOthersCounted() {
        List<LeaseStatus> all = IntStream.range(0, 1_000)
                .mapToObj(i -> status(i, 60_000, failure("processRecords threw a.SinkIsDown at a.B.c(B.java:2)"), null))
                .toList();

        HealthRow row = HealthRow.of(WORKER, NOW, all);

        assertThat(row.statuses()).hasSizeGreaterThan(350);
        assertThat(row.statuses().size() + row.leftOut()).isEqualTo(1_000);
        assertThat(size(item(row))).isLessThan(HealthRow.MOST_BYTES + 1_000);
    }

    @Test
    void smallChangesOfALagAreNoNewsAndANewTroubleIs() {
        HealthRow told = HealthRow.of(WORKER, NOW, List.of(status(1, 60_000, null, null)));

        assertThat(told.isOutdatedBy(HealthRow.of(WORKER, NOW.plusSeconds(5), List.of(status(1, 65_000, null, null)))))
                .isFalse();
        assertThat(told.isOutdatedBy(HealthRow.of(WORKER, NOW, List.of(status(1, 67_000, null, null)))))
                .isTrue();
        assertThat(told.isOutdatedBy(HealthRow.of(WORKER, NOW, List.of()))).isTrue();
        assertThat(told.isOutdatedBy(HealthRow.of(WORKER, NOW, List.of(status(1, 60_000, failure("a"), null)))))
                .isTrue();
        assertThat(told.isOutdatedBy(HealthRow.of(
                        WORKER, NOW, List.of(status(1, 60_000, null, null), status(2, 9_000, null, null)))))
                .isTrue();
    }

    @Test
    void aWaitIsTheSameThoughItsPlaceAndTheMillisecondOfItsBeginningVary() {
        LeaseStatus told = status(1, 60_000, null, hang("a.B.c(B.java:1)"));
        LeaseStatus.Wait later = new LeaseStatus.Wait("processRecords", NOW.plusMillis(700), false, "a.B.c(B.java:9)");

        assertThat(told.isOutdatedBy(status(1, 61_000, null, later))).isFalse();
        assertThat(told.isOutdatedBy(
                        status(1, 61_000, null, new LeaseStatus.Wait("processRecords", NOW.plusSeconds(9), false, ""))))
                .isTrue();
        assertThat(told.isOutdatedBy(status(1, 61_000, null, new LeaseStatus.Wait("processRecords", NOW, true, ""))))
                .isTrue();
    }

    private static LeaseStatus status(
            int shard, long behindMillis, LeaseStatus.@Nullable Failure failure, LeaseStatus.@Nullable Wait wait) {
        return new LeaseStatus(
                new LeaseKey(new StreamName("orders"), ShardId.of(shard)),
                3,
                "PROCESSING",
                Duration.ofMillis(behindMillis),
                LeaseStatus.Trend.GROWS,
                98,
                failure,
                wait);
    }

    private static LeaseStatus.Failure failure(String what) {
        return new LeaseStatus.Failure(
                NOW, what, 12, new LeaseStatus.Batch(RecordPosition.of(LONGEST), new RecordPosition(LONGEST, 9), 500));
    }

    private static LeaseStatus.Wait hang(String place) {
        return new LeaseStatus.Wait("processRecords", NOW, false, place);
    }

    private static Map<String, AttributeValue> item(HealthRow row) {
        Map<String, AttributeValue> item = new HashMap<>();
        RowCodec.attributes(row).forEach((name, value) -> item.put(name, requireNonNull(value)));
        item.put("entity", RowCodec.text(row.entity().text()));
        item.put("revision", RowCodec.number(row.revision()));
        return item;
    }

    private static Row readBack(HealthRow row) {
        return RowCodec.row(item(row));
    }

    /** As the service counts (DynamoDB, item sizes and formats). */
    private static int size(Map<String, AttributeValue> item) {
        return item.entrySet().stream()
                .mapToInt(one -> length(one.getKey()) + size(one.getValue()))
                .sum();
    }

    private static int size(AttributeValue value) {
        if (value.hasM()) {
            return 3 + value.m().size() + size(value.m());
        }
        if (value.hasL()) {
            return 3 + value.l().stream().mapToInt(one -> 1 + size(one)).sum();
        }
        return Stream.of(value.s(), value.n())
                .filter(text -> text != null)
                .mapToInt(HealthRowTest::length)
                .sum();
    }

    private static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
