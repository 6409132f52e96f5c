package io.millrace.systemtests.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.StreamServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The AWS command line, one process a call. */
class AwsCliTest {
    private static final String STREAM = "cli-orders";
    private static final String CLOSED_SHARD = "shardId-000000000000";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set first thing in each test
    private ClientProcess client;

    @SuppressWarnings("NullAway.Init") // set first thing in each test
    private String endpoint;

    private boolean isVersion2;

    @Test
    @Timeout(180) // some thirty processes of half a second
    void everyRecordIsReadBackByEveryIteratorTypeThroughSplitAndMerge() throws Exception {
        client = new ClientProcess(folder);
        client.assumePresent("the AWS command line", List.of("aws", "--version"));
        isVersion2 = client.run(List.of("aws", "--version")).out().startsWith("aws-cli/2");
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start()) {
            endpoint = server.endpoint().toString();
            aws("create-stream", "--stream-name", STREAM, "--shard-count", "1");
            put("one");
            aws(
                    "split-shard",
                    "--stream-name",
                    STREAM,
                    "--shard-to-split",
                    CLOSED_SHARD,
                    "--new-starting-hash-key",
                    "170141183460469231731687303715884105728");
            aws(
                    "merge-shards",
                    "--stream-name",
                    STREAM,
                    "--shard-to-merge",
                    "shardId-000000000001",
                    "--adjacent-shard-to-merge",
                    "shardId-000000000002");
            String latest = iterator("shardId-000000000003", "LATEST");
            put("two");

            assertThat(describe()).isEqualTo("ACTIVE\t4");
            assertThat(aws("list-streams", "--query", "StreamNames[]")).isEqualTo(STREAM);
            assertThat(read(latest)).containsExactly("two-0", "two-1", "two-2");
            for (String group : List.of("one", "two")) {
                readBack(group, group.equals("one") ? CLOSED_SHARD : "shardId-000000000003");
            }
            errorsAreTheClientsOwn();
        }
    }

    @Tag("slow")
    @Test
    @Timeout(60)
    void itsSignaturesAreVerifiedAndEachKeyMayDoWhatTheFileSays() throws Exception {
        client = new ClientProcess(folder);
        client.assumePresent("the AWS command line", List.of("aws", "--version"));
        isVersion2 = client.run(List.of("aws", "--version")).out().startsWith("aws-cli/2");
        ClientProcess admin = client;
        ClientProcess producer = new ClientProcess(folder, ClientKeys.PRODUCER_ID, ClientKeys.PRODUCER_SECRET);
        ClientProcess forger = new ClientProcess(folder, ClientKeys.ID, "not-" + ClientKeys.SECRET);
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .credentials(ClientKeys.file(folder, STREAM))
                .start()) {
            endpoint = server.endpoint().toString();
            aws("create-stream", "--stream-name", STREAM, "--shard-count", "1");
            client = producer;
            put("one");
            assertThat(run("describe-stream", "--stream-name", STREAM).err()).contains("(AccessDeniedException)");
            client = forger;
            assertThat(run("list-streams").err()).contains("(InvalidSignatureException)");
            client = admin;
            assertThat(read(iterator(CLOSED_SHARD, "TRIM_HORIZON"))).containsExactly("one-0", "one-1", "one-2");
        }
    }

    @Tag("slow")
    @Test
    @Timeout(60)
    void regionsHaveStreamsOfTheirOwn() throws Exception {
        client = new ClientProcess(folder);
        client.assumePresent("the AWS command line", List.of("aws", "--version"));
        isVersion2 = client.run(List.of("aws", "--version")).out().startsWith("aws-cli/2");
        try (StreamServer server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .start()) {
            endpoint = server.endpoint().toString();
            aws("create-stream", "--stream-name", STREAM, "--shard-count", "1");
            aws("create-stream", "--stream-name", STREAM, "--shard-count", "2", "--region", "eu-west-1");
            assertThat(describe()).isEqualTo("ACTIVE\t1");
            String arn = aws(
                    "describe-stream-summary",
                    "--stream-name",
                    STREAM,
                    "--region",
                    "eu-west-1",
                    "--query",
                    "StreamDescriptionSummary.StreamARN");
            assertThat(arn).isEqualTo("arn:aws:kinesis:eu-west-1:000000000000:stream/" + STREAM);
            assertThat(run("list-shards", "--stream-arn", arn).err())
                    .contains("(ResourceNotFoundException)", "its ARN is of region eu-west-1");
        }
    }

    private void readBack(String group, String shard) throws Exception {
        List<String> all = List.of(group + "-0", group + "-1", group + "-2");
        assertThat(read(iterator(shard, "TRIM_HORIZON"))).isEqualTo(all);
        assertThat(read(iterator(shard, "AT_TIMESTAMP", "--timestamp", "2020-01-01T00:00:00Z")))
                .isEqualTo(all);
        String first = aws(
                "get-records",
                "--shard-iterator",
                iterator(shard, "TRIM_HORIZON"),
                "--query",
                "Records[0].SequenceNumber");
        assertThat(read(iterator(shard, "AT_SEQUENCE_NUMBER", "--starting-sequence-number", first)))
                .isEqualTo(all);
        assertThat(read(iterator(shard, "AFTER_SEQUENCE_NUMBER", "--starting-sequence-number", first)))
                .isEqualTo(all.subList(1, 3));
    }

    private void errorsAreTheClientsOwn() throws Exception {
        ClientProcess.Outcome missing = run("describe-stream", "--stream-name", "missing");
        assertThat(missing.exitCode()).isNotZero();
        assertThat(missing.err())
                .contains("(ResourceNotFoundException)")
                .contains("Stream missing under account 000000000000 not found.");
        ClientProcess.Outcome invalid = run("create-stream", "--stream-name", "a b", "--shard-count", "1");
        assertThat(invalid.exitCode()).isNotZero();
        assertThat(invalid.err()).contains("(ValidationException)").contains("1 validation error detected");
    }

    /** Puts the first record alone and two more at once. */
    private void put(String group) throws Exception {
        Path data = Files.writeString(folder.resolve(group), group + "-0");
        aws("put-record", "--stream-name", STREAM, "--partition-key", "key", "--data", "fileb://" + data);
        Path records = Files.writeString(
                folder.resolve(group + ".json"),
                "{\"StreamName\": \"" + STREAM + "\", \"Records\": ["
                        + "{\"PartitionKey\": \"key\", \"Data\": \"" + group + "-1\"},"
                        + "{\"PartitionKey\": \"key\", \"Data\": \"" + group + "-2\"}]}");
        String failed = aws("put-records", "--cli-input-json", "file://" + records, "--query", "FailedRecordCount");
        assertThat(failed).isEqualTo("0");
    }

    private String describe() throws Exception {
        String status = aws("describe-stream", "--stream-name", STREAM, "--query", "StreamDescription.StreamStatus");
        return status + "\t" + aws("list-shards", "--stream-name", STREAM, "--query", "length(Shards)");
    }

    private String iterator(String shard, String type, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "get-shard-iterator",
                "--stream-name",
                STREAM,
                "--shard-id",
                shard,
                "--shard-iterator-type",
                type,
                "--query",
                "ShardIterator"));
        arguments.addAll(List.of(more));
        return aws(arguments.toArray(String[]::new));
    }

    private List<String> read(String iterator) throws Exception {
        String encoded = aws("get-records", "--shard-iterator", iterator, "--query", "Records[].Data");
        return Arrays.stream(encoded.split("\t", -1))
                .map(text -> new String(Base64.getDecoder().decode(text), UTF_8))
                .toList();
    }

    private String aws(String... arguments) throws Exception {
        ClientProcess.Outcome outcome = run(arguments);
        assertThat(outcome.exitCode())
                .as("%s: %s", List.of(arguments), outcome.err())
                .isZero();
        return outcome.out().strip();
    }

    private ClientProcess.Outcome run(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("aws", "--endpoint-url", endpoint, "--output", "text", "kinesis"));
        if (isVersion2) {
            // What version 1 always does: blobs go in as they are.
            command.addAll(List.of("--cli-binary-format", "raw-in-base64-out"));
        }
        command.addAll(List.of(arguments));
        return client.run(command);
    }
}
