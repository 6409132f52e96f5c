package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.table.DynamoLeaseTable;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.systemtests.process.Waiting;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.kinesis.model.PutRecordResponse;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;

/** Import and export beside tables as the versions of the KCL leave them, written here by hand; {@code MovingTest} runs a real one. */
@Timeout(180)
class KclTablesTest {
    private static final String FIRST = "shardId-000000000000";
    private static final String SECOND = "shardId-000000000001";

    @TempDir
    static Path folder;

    private static LocalStack stack;

    @BeforeAll
    static void start() {
        stack = new LocalStack(folder);
    }

    @AfterAll
    static void stop() {
        stack.close();
    }

    @Test
    void rowsOfTheKcl1AreTakenOverAndTheDryRunChangesNothing() {
        stack.createStream("one", 2);
        PutRecordResponse record = put("one", SdkBytes.fromUtf8String("a"));
        String last = record.sequenceNumber();
        table("kcl-one");
        for (String shard : List.of(FIRST, SECOND)) {
            row("kcl-one", shard, "checkpoint", shard.equals(record.shardId()) ? last : "TRIM_HORIZON");
        }

        assertThat(importing(0, "one", "--dry-run", "--stream", "one").out())
                .contains("would import one/" + FIRST + " at ");
        stack.expect(1, "leases", "one", "--failover", "1");
        assertThat(importing(0, "one", "--stream", "one").out().lines()).hasSize(2);
        assertThat(leases("one")).contains("\"checkpoint\":\"TRIM_HORIZON\"", last, "\"hashEnd\":\"3402823669");
        assertThat(importing(1, "one", "--stream", "one").err()).contains("already, nothing was changed");
        assertThat(importing(0, "one", "--stream", "one", "--overwrite").out()).contains("imported one/" + FIRST);
        assertThat(leases("one")).contains("\"epoch\":1");
    }

    @Tag("slow")
    @Test
    void tableOfSeveralStreamsNamesThemByAccountNameAndCreation() {
        stack.createStream("left", 1);
        stack.createStream("right", 1);
        String last = put("right", "a");
        table("kcl-many");
        row("kcl-many", serialized("left") + ":" + FIRST, "checkpoint", "LATEST", "entityType", "LEASE");
        row("kcl-many", serialized("right") + ":" + FIRST, "checkpoint", last, "entityType", "LEASE");
        row("kcl-many", "Leader", "entityType", "LEADER", "ownerName", "w", "recordVersionNumber", "x");
        row("kcl-many", "w", "entityType", "WORKER_METRIC_STATS");

        assertThat(importing(2, "many", "--stream", "left").err()).contains("leave out --stream");
        assertThat(importing(0, "many").out())
                .contains("imported left/" + FIRST + " at 20")
                .contains("imported right/" + FIRST + " at " + last);
        assertThat(stack.expect(2, "leases", "export", "many", "--to-kcl-table", "back", "--failover", "1")
                        .err())
                .contains("2 streams", "--stream", "--multi-stream");
        assertThat(stack.expect(
                                0,
                                "leases",
                                "export",
                                "many",
                                "--to-kcl-table",
                                "back",
                                "--multi-stream",
                                "--failover",
                                "1")
                        .out())
                .contains("exported " + serialized("left") + ":" + FIRST + " at TRIM_HORIZON")
                .contains("exported " + serialized("right") + ":" + FIRST + " at " + last);
        assertThat(item("back", serialized("right") + ":" + FIRST))
                .containsEntry("streamName", AttributeValue.fromS(serialized("right")))
                .containsEntry("shardId", AttributeValue.fromS(FIRST));
    }

    @Test
    void checkpointWithinAnAggregateIsTakenOverAndHandedBackAsItIs() throws Exception {
        stack.createStream("packed", 1);
        put("packed", "before");
        String sequence = put("packed", SdkBytes.fromByteArray(aggregate("x1", "x2", "x3")))
                .sequenceNumber();
        put("packed", "after");
        table("kcl-packed");
        row("kcl-packed", FIRST, "checkpoint", sequence);
        sub("kcl-packed", 1);

        assertThat(importing(0, "packed", "--stream", "packed").out()).contains(" at " + sequence + "/1");
        stack.expect(0, "leases", "export", "packed", "--to-kcl-table", "kcl-packed", "--overwrite", "--failover", "1");
        assertThat(item("kcl-packed", FIRST)).containsEntry("checkpointSubSequenceNumber", AttributeValue.fromN("1"));

        try (CommandRun worker = stack.start(Map.of(), "consume", "packed", "--app", "packed", "--failover", "1")) {
            String output = worker.awaitOutput(text -> text.contains("after"));
            assertThat(output).isEqualTo("x3\nafter\n");
            worker.terminate();
            assertThat(worker.exitCode()).isZero();
        }
        // A report's own words are taken back.
        assertThat(stack.expect(
                                0,
                                "leases",
                                "reset",
                                "packed",
                                "--to",
                                sequence + "/2",
                                "--shard",
                                FIRST,
                                "--failover",
                                "1")
                        .out())
                .contains(" -> " + sequence + "/2");
        stack.expect(0, "leases", "export", "packed", "--to-kcl-table", "kcl-packed", "--overwrite", "--failover", "1");
        assertThat(item("kcl-packed", FIRST)).containsEntry("checkpointSubSequenceNumber", AttributeValue.fromN("2"));
    }

    @Test
    void importThatBrokeOffStopsWorkersUntilItIsEnded() {
        stack.createStream("broken", 1);
        String last = put("broken", "a");
        table("kcl-broken");
        row("kcl-broken", FIRST, "checkpoint", last);
        DynamoLeaseTable ours = new DynamoLeaseTable(stack.dynamoDb, "millrace", "broken");
        Waiting.until(() -> ours.ensureTable().join());
        StreamDescriptionSummary found = describe("broken");
        StreamIdentity identity = new StreamIdentity(found.streamARN(), found.streamCreationTimestamp());
        ours.put(new StreamRow(new StreamName("broken"), 0, identity, Position.trimHorizon(), false).duringImport())
                .join();

        assertThat(stack.expect(1, "consume", "broken", "--app", "broken").err())
                .contains("an import of leases of stream broken has not finished", "leases import");
        assertThat(stack.expect(0, "leases", "broken").out()).contains("an import has not finished");
        assertThat(stack.expect(1, "leases", "reset", "broken", "--to", "latest", "--all")
                        .err())
                .contains("an import of stream broken has not finished");
        importing(0, "broken", "--stream", "broken");
        try (CommandRun worker = stack.start(Map.of(), "consume", "broken", "--app", "broken", "--failover", "1")) {
            put("broken", "next");
            assertThat(worker.awaitOutput(text -> text.contains("next"))).isEqualTo("next\n");
        }
    }

    @Tag("slow")
    @Test
    void timeToBeginAtIsToldBecauseTheKclsRowsHaveNoPlaceForIt() {
        stack.createStream("timed", 1);
        put("timed", "a");
        table("kcl-timed");
        row("kcl-timed", FIRST, "checkpoint", "AT_TIMESTAMP");
        assertThat(importing(1, "timed", "--stream", "timed").err()).contains("--at-timestamp");
        importing(0, "timed", "--stream", "timed", "--at-timestamp", "2001-01-01T00:00:00Z");
        // Nothing is older than that time: all of it is the same, and needs no time.
        CommandResult all = exporting("timed");
        assertThat(all.out()).contains(FIRST + " at TRIM_HORIZON");
        assertThat(all.err()).doesNotContain("AT_TIMESTAMP");

        stack.expect(0, "leases", "reset", "timed", "--to", "latest", "--all", "--failover", "1");
        CommandResult some = exporting("timed");
        assertThat(some.out()).contains(FIRST + " at AT_TIMESTAMP");
        assertThat(some.err()).contains("set its initial position to AT_TIMESTAMP 20", "newInitialPositionAtTimestamp");
    }

    @Test
    void tableOfARunningKclIsRefused() {
        stack.createStream("moving", 1);
        table("kcl-moving");
        row("kcl-moving", FIRST, "checkpoint", "TRIM_HORIZON");
        try (CommandRun run = stack.start(
                Map.of(), "leases", "import", "moving", "--from-kcl-table", "kcl-moving", "--stream", "moving")) {
            ScheduledExecutorService kcl = Executors.newSingleThreadScheduledExecutor();
            var unused = kcl.scheduleWithFixedDelay(KclTablesTest::renew, 0, 100, TimeUnit.MILLISECONDS);
            assertThat(run.exitCode()).isEqualTo(1);
            kcl.shutdownNow();
            assertThat(run.err()).contains("the KCL application is running: its row '" + FIRST + "' moves");
        }
        assertThat(importing(1, "moving", "--stream", "missing").err()).contains("there is no stream missing");
    }

    private static CommandResult importing(int exitCode, String application, String... more) {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "leases",
                                "import",
                                application,
                                "--from-kcl-table",
                                "kcl-" + application,
                                "--failover",
                                "1"),
                        Stream.of(more))
                .toArray(String[]::new);
        return stack.expect(exitCode, arguments);
    }

    private static CommandResult exporting(String application) {
        return stack.expect(
                0,
                "leases",
                "export",
                application,
                "--to-kcl-table",
                "kcl-" + application,
                "--overwrite",
                "--failover",
                "1");
    }

    private static String leases(String application) {
        return stack.expect(0, "leases", application, "--json", "--failover", "1")
                .out();
    }

    private static String put(String stream, String text) {
        return put(stream, SdkBytes.fromUtf8String(text)).sequenceNumber();
    }

    private static PutRecordResponse put(String stream, SdkBytes data) {
        return stack.kinesis
                .putRecord(
                        request -> request.streamName(stream).partitionKey("k").data(data))
                .join();
    }

    private static StreamDescriptionSummary describe(String stream) {
        return stack.kinesis
                .describeStreamSummary(request -> request.streamName(stream))
                .join()
                .streamDescriptionSummary();
    }

    /** The stream as the KCL names it where a table serves several. */
    private static String serialized(String stream) {
        StreamDescriptionSummary found = describe(stream);
        return found.streamARN().split(":", -1)[4] + ":" + stream + ":"
                + found.streamCreationTimestamp().getEpochSecond();
    }

    private static void table(String name) {
        stack.dynamoDb
                .createTable(request -> request.tableName(name)
                        .billingMode("PAY_PER_REQUEST")
                        .attributeDefinitions(AttributeDefinition.builder()
                                .attributeName("leaseKey")
                                .attributeType("S")
                                .build())
                        .keySchema(KeySchemaElement.builder()
                                .attributeName("leaseKey")
                                .keyType("HASH")
                                .build()))
                .join();
    }

    /** A row with these texts as its attributes, and a counter if it has a checkpoint. */
    private static void row(String table, String key, String... texts) {
        Map<String, AttributeValue> item = new HashMap<>(Map.of("leaseKey", AttributeValue.fromS(key)));
        for (int i = 0; i < texts.length; i += 2) {
            item.put(texts[i], AttributeValue.fromS(texts[i + 1]));
        }
        if (item.containsKey("checkpoint")) {
            item.put("leaseCounter", AttributeValue.fromN("7"));
            item.put("leaseOwner", AttributeValue.fromS("gone"));
        }
        stack.dynamoDb.putItem(request -> request.tableName(table).item(item)).join();
    }

    private static void sub(String table, int subSequence) {
        stack.dynamoDb
                .updateItem(request -> request.tableName(table)
                        .key(Map.of("leaseKey", AttributeValue.fromS(FIRST)))
                        .updateExpression("SET checkpointSubSequenceNumber = :sub")
                        .expressionAttributeValues(Map.of(":sub", AttributeValue.fromN(Integer.toString(subSequence)))))
                .join();
    }

    private static void renew() {
        stack.dynamoDb
                .updateItem(request -> request.tableName("kcl-moving")
                        .key(Map.of("leaseKey", AttributeValue.fromS(FIRST)))
                        .updateExpression("ADD leaseCounter :one")
                        .expressionAttributeValues(Map.of(":one", AttributeValue.fromN("1"))))
                .join();
    }

    private static Map<String, AttributeValue> item(String table, String key) {
        return stack.dynamoDb
                .getItem(request -> request.tableName(table).key(Map.of("leaseKey", AttributeValue.fromS(key))))
                .join()
                .item();
    }

    /** As the KPL packs records: magic, a message with a table of one key and one field 3 a record, its MD5. */
    private static byte[] aggregate(String... records) throws NoSuchAlgorithmException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(new byte[] {0x0A, 1, 'k'});
        for (String record : records) {
            byte[] data = record.getBytes(StandardCharsets.UTF_8);
            message.writeBytes(new byte[] {0x1A, (byte) (data.length + 4), 0x08, 0x00, 0x1A, (byte) data.length});
            message.writeBytes(data);
        }
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});
        stored.writeBytes(message.toByteArray());
        stored.writeBytes(MessageDigest.getInstance("MD5").digest(message.toByteArray()));
        return stored.toByteArray();
    }
}
