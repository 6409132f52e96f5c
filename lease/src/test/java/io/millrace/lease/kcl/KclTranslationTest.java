package io.millrace.lease.kcl;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.TableRefusedException;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.HashKeyRange;
import io.millrace.model.PendingCheckpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.SequenceNumberRange;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

final class KclTranslationTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final StreamIdentity IDENTITY = new StreamIdentity(
            "arn:aws:kinesis:us-east-1:123456789012:stream/orders", Instant.ofEpochSecond(1_700_000_000));
    private static final String SEQUENCE = "49590338271490256608559692538361571095921575989136588898";
    private static final String LAST_HASH_KEY = "340282366920938463463374607431768211455";
    private static final Instant NOW = Instant.parse("2026-11-21T08:30:00Z");
    private static final KclTranslation.Moments MOMENTS = new KclTranslation.Moments(NOW, Optional.empty());

    @Test
    void rowsAsTheKcl351WritesThemAreTakenOver() {
        KclSnapshot table = KclSnapshot.of(List.of(
                closedParent(),
                row("shardId-000000000002", SEQUENCE, 3, "parentShardId", "shardId-000000000000"),
                row("shardId-000000000003", "TRIM_HORIZON", 0, "parentShardId", "shardId-000000000001"),
                leader(),
                workerMetrics(),
                clientVersion()));

        KclTranslation.Imported imported = KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS);

        assertThat(table.others()).containsOnlyKeys("Leader", "worker-1", "Migration3.0");
        assertThat(imported.notes()).isEmpty();
        assertThat(imported.leases())
                .extracting(
                        lease -> lease.key().shard().value(),
                        LeaseRow::checkpoint,
                        lease -> lease.owner().isPresent())
                .containsExactly(
                        tuple("shardId-000000000000", Checkpoint.shardEnd()),
                        tuple(
                                "shardId-000000000002",
                                Checkpoint.processed(new RecordPosition(SequenceNumber.parse(SEQUENCE), 3))),
                        tuple("shardId-000000000003", Checkpoint.notStarted(Position.trimHorizon())));
        assertThat(imported.leases().get(0).lineage().children()).containsExactly(ShardId.of(2));
    }

    @Test
    void parentWithoutRowIsDone() {
        KclSnapshot table =
                KclSnapshot.of(List.of(row("shardId-000000000003", "TRIM_HORIZON", 0, "parentShardId", "shardId-9")));

        assertThat(KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS)
                        .leases()
                        .get(0)
                        .lineage()
                        .parents())
                .isEmpty();
    }

    @Test
    void rowOfTheKcl1GetsItsHashKeysFromTheStream() {
        Map<String, AttributeValue> old = new HashMap<>(row("shardId-000000000000", SEQUENCE, 0));
        old.keySet().removeAll(List.of("startingHashKey", "endingHashKey", "checkpointSubSequenceNumber"));
        Map<String, AttributeValue> gone = new HashMap<>(old);
        gone.put("leaseKey", AttributeValue.fromS("shardId-000000000099"));

        KclTranslation.Imported imported =
                KclTranslation.toLeases(KclSnapshot.of(List.of(old, gone)), Map.of("", stream()), MOMENTS);

        assertThat(imported.leases()).hasSize(1);
        assertThat(imported.leases().get(0).lineage().hashKeyRange()).isEqualTo(HashKeyRange.ALL);
        assertThat(imported.notes()).hasSize(1).first().asString().contains("shardId-000000000099");
    }

    @Test
    void pendingCheckpointIsKeptWithItsStateAndOneAtTheShardsEndIsTold() {
        Map<String, AttributeValue> prepared = new HashMap<>(row("shardId-000000000000", SEQUENCE, 1));
        prepared.put("pendingCheckpoint", AttributeValue.fromS(SEQUENCE));
        prepared.put("pendingCheckpointSubSequenceNumber", AttributeValue.fromN("4"));
        prepared.put("pendingCheckpointState", AttributeValue.fromB(SdkBytes.fromUtf8String("transfer 9")));
        Map<String, AttributeValue> atEnd = new HashMap<>(row("shardId-000000000002", SEQUENCE, 0));
        atEnd.put("pendingCheckpoint", AttributeValue.fromS("SHARD_END"));

        KclTranslation.Imported imported =
                KclTranslation.toLeases(KclSnapshot.of(List.of(prepared, atEnd)), Map.of("", stream()), MOMENTS);

        assertThat(imported.leases().get(0).pending())
                .contains(new PendingCheckpoint(
                        new RecordPosition(SequenceNumber.parse(SEQUENCE), 4), Bytes.utf8("transfer 9")));
        assertThat(imported.leases().get(1).pending()).isEmpty();
        assertThat(imported.notes()).singleElement().asString().contains("shardId-000000000002", "is left out");
        KclLease exported = KclTranslation.toKcl(imported.leases(), Map.of(ORDERS, IDENTITY), false)
                .get("shardId-000000000000");
        assertThat(requireNonNull(exported).attributes())
                .containsEntry("pendingCheckpoint", prepared.get("pendingCheckpoint"))
                .containsEntry("pendingCheckpointSubSequenceNumber", prepared.get("pendingCheckpointSubSequenceNumber"))
                .containsEntry("pendingCheckpointState", prepared.get("pendingCheckpointState"));
    }

    @Test
    void latestBeginsAtTheMomentOfTheImport() {
        KclSnapshot table = KclSnapshot.of(List.of(row("shardId-000000000000", "LATEST", 0)));

        assertThat(KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS)
                        .leases()
                        .get(0)
                        .checkpoint())
                .isEqualTo(Checkpoint.notStarted(new Position.AtTimestamp(NOW)));
    }

    @Test
    void timeToBeginAtMustBeGiven() {
        KclSnapshot table = KclSnapshot.of(List.of(row("shardId-000000000000", "AT_TIMESTAMP", 0)));

        assertThatThrownBy(() -> KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS))
                .isInstanceOf(TableRefusedException.class)
                .hasMessageContaining("--at-timestamp");
        assertThat(KclTranslation.toLeases(
                                table,
                                Map.of("", stream()),
                                new KclTranslation.Moments(NOW, Optional.of(Instant.EPOCH)))
                        .leases()
                        .get(0)
                        .checkpoint())
                .isEqualTo(Checkpoint.notStarted(new Position.AtTimestamp(Instant.EPOCH)));
    }

    @Test
    void rowThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> KclSnapshot.of(List.of(Map.of("leaseKey", AttributeValue.fromS("shardId-7")))))
                .isInstanceOf(TableRefusedException.class)
                .hasMessageContaining("shardId-7");
        KclSnapshot table = KclSnapshot.of(List.of(row("shardId-000000000000", "nonsense", 0)));
        assertThatThrownBy(() -> KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS))
                .isInstanceOf(TableRefusedException.class)
                .hasMessageContaining("shardId-000000000000");
    }

    @Test
    void thereAndBackIsTheSame() {
        KclSnapshot table = KclSnapshot.of(List.of(
                closedParent(), row("shardId-000000000002", SEQUENCE, 3, "parentShardId", "shardId-000000000000")));

        KclTranslation.Imported imported = KclTranslation.toLeases(table, Map.of("", stream()), MOMENTS);
        Map<String, KclLease> back = KclTranslation.toKcl(imported.leases(), Map.of(ORDERS, IDENTITY), false);

        assertThat(back).containsOnlyKeys(table.leases().keySet());
        back.forEach((key, lease) -> assertThat(
                        lease.sameContent(requireNonNull(table.leases().get(key))))
                .as(key)
                .isTrue());
    }

    @Test
    void severalStreamsAreToldApartByTheirKeys() {
        String prefix = "123456789012:orders:1700000000";
        KclSnapshot table = KclSnapshot.of(List.of(row(prefix + ":shardId-000000000000", SEQUENCE, 0)));

        assertThat(KclTranslation.isMultiStream(table)).isTrue();
        assertThat(KclTranslation.streams(table)).containsExactly(ORDERS);
        assertThat(stream().serialized()).isEqualTo(prefix);
        KclTranslation.Imported imported = KclTranslation.toLeases(table, Map.of(prefix, stream()), MOMENTS);
        assertThat(KclTranslation.toKcl(imported.leases(), Map.of(ORDERS, IDENTITY), true))
                .containsOnlyKeys(prefix + ":shardId-000000000000");
        assertThat(KclLease.read(withKey(requireNonNull(table.leases().get(prefix + ":shardId-000000000000")))))
                .isEqualTo(table.leases().get(prefix + ":shardId-000000000000"));
    }

    @Test
    void streamThatWasMadeAgainIsRefused() {
        KclSnapshot table =
                KclSnapshot.of(List.of(row("123456789012:orders:1600000000:shardId-000000000000", SEQUENCE, 0)));

        assertThatThrownBy(() -> KclTranslation.toLeases(table, Map.of(stream().serialized(), stream()), MOMENTS))
                .isInstanceOf(TableRefusedException.class)
                .hasMessageContaining("made again");
    }

    @Test
    void everyMovementIsSeen() {
        KclSnapshot still = KclSnapshot.of(List.of(row("shardId-000000000000", SEQUENCE, 0), leader()));
        Map<String, AttributeValue> renewed = new HashMap<>(row("shardId-000000000000", SEQUENCE, 0));
        renewed.put("leaseCounter", AttributeValue.fromN("6"));
        Map<String, AttributeValue> beaten = new HashMap<>(leader());
        beaten.put("recordVersionNumber", AttributeValue.fromS("another"));

        assertThat(still.movedSince(still)).isEmpty();
        assertThat(KclSnapshot.of(List.of(renewed, leader())).movedSince(still))
                .containsExactly("shardId-000000000000");
        assertThat(KclSnapshot.of(List.of(row("shardId-000000000000", SEQUENCE, 0), beaten))
                        .movedSince(still))
                .containsExactly("Leader");
        assertThat(KclSnapshot.of(List.of(leader())).movedSince(still)).containsExactly("shardId-000000000000");
    }

    private static org.assertj.core.groups.Tuple tuple(String shard, Checkpoint checkpoint) {
        return org.assertj.core.groups.Tuple.tuple(shard, checkpoint, false);
    }

    private static KclStream stream() {
        return new KclStream(
                ORDERS,
                IDENTITY,
                List.of(new Shard(
                        ShardId.of(0),
                        List.of(),
                        HashKeyRange.ALL,
                        new SequenceNumberRange(SequenceNumber.ZERO, null))));
    }

    private static Map<String, AttributeValue> withKey(KclLease lease) {
        Map<String, AttributeValue> item = new HashMap<>(lease.attributes());
        item.put("leaseKey", AttributeValue.fromS(lease.leaseKey()));
        return item;
    }

    private static Map<String, AttributeValue> closedParent() {
        Map<String, AttributeValue> item = new HashMap<>(row("shardId-000000000000", "SHARD_END", 0));
        item.put("childShardIds", AttributeValue.fromSs(List.of("shardId-000000000002")));
        return item;
    }

    /** A row with all that the KCL 3.5.1 puts into it; {@code lineage} is an attribute's name and shards. */
    private static Map<String, AttributeValue> row(String key, String checkpoint, long sub, String... lineage) {
        Map<String, AttributeValue> item = new HashMap<>();
        item.put("leaseKey", AttributeValue.fromS(key));
        item.put("leaseOwner", AttributeValue.fromS("worker-1"));
        item.put("leaseCounter", AttributeValue.fromN("5"));
        item.put("ownerSwitchesSinceCheckpoint", AttributeValue.fromN("0"));
        item.put("checkpoint", AttributeValue.fromS(checkpoint));
        item.put("checkpointSubSequenceNumber", AttributeValue.fromN(Long.toString(sub)));
        item.put("startingHashKey", AttributeValue.fromS("0"));
        item.put("endingHashKey", AttributeValue.fromS(LAST_HASH_KEY));
        item.put("throughputKBps", AttributeValue.fromN("0.012345"));
        item.put("entityType", AttributeValue.fromS("LEASE"));
        if (lineage.length > 0) {
            item.put(
                    lineage[0],
                    AttributeValue.fromSs(new ArrayList<>(List.of(lineage).subList(1, lineage.length))));
        }
        return item;
    }

    private static Map<String, AttributeValue> leader() {
        return Map.of(
                "leaseKey", AttributeValue.fromS("Leader"),
                "entityType", AttributeValue.fromS("LEADER"),
                "ownerName", AttributeValue.fromS("worker-1"),
                "leaseDuration", AttributeValue.fromS("120000"),
                "recordVersionNumber", AttributeValue.fromS("0b0a7b8e-0000-4000-8000-000000000000"),
                "data", AttributeValue.fromB(SdkBytes.fromUtf8String("x")));
    }

    private static Map<String, AttributeValue> workerMetrics() {
        return Map.of(
                "leaseKey", AttributeValue.fromS("worker-1"),
                "entityType", AttributeValue.fromS("WORKER_METRIC_STATS"),
                "lut", AttributeValue.fromN("1700000000"));
    }

    private static Map<String, AttributeValue> clientVersion() {
        return Map.of(
                "leaseKey", AttributeValue.fromS("Migration3.0"),
                "entityType", AttributeValue.fromS("CLIENT_VERSION_MIGRATION"),
                "cv", AttributeValue.fromS("CLIENT_VERSION_3X"));
    }
}
