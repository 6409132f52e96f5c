package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.stream.quota.QuotaMode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators set and see, on a whole server. */
class OperatorsTest {
    private static final String AUTHORIZATION =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void aServerThatServesIsWell() throws Exception {
        try (StreamServer server = settings().start()) {
            HttpResponse<String> health = get(server, "/health");
            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).isEqualTo("{\"status\":\"ok\",\"reasons\":[]}");
            assertThat(health.headers().firstValue("content-type")).hasValue("application/json");
        }
    }

    /** Health is for load balancers, which have no key; names of streams are for this machine. */
    @Test
    void strangersHearWhetherAServerWithCredentialsIsWellAndNothingElse() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), "{\"keys\": []}");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        try (StreamServer server = settings().host("0.0.0.0").credentials(keys).start()) {
            int port = server.endpoint().getPort();
            Optional<String> outside = addressOfThisMachine();
            if (outside.isEmpty()) {
                System.err.println("SKIPPED: this machine has no address but the loopback's");
            }
            assumeTrue(outside.isPresent(), "no address but the loopback's");
            HttpResponse<String> health = get(outside.get(), port, "/health");
            assertThat(health.statusCode()).isEqualTo(200);
            assertThat(health.body()).isEqualTo("{\"status\":\"ok\",\"reasons\":[]}");
            HttpResponse<String> metrics = get(outside.get(), port, "/metrics");
            assertThat(metrics.statusCode()).isEqualTo(403);
            assertThat(metrics.body()).startsWith("Metrics are for requests from this machine.");
            assertThat(get("127.0.0.1", port, "/metrics").body()).contains("millrace_server_connections");
        }
    }

    @Test
    void metricsOfAServerForAnonymousClientsAreForAll() throws Exception {
        try (StreamServer server = settings().host("0.0.0.0").allowAnonymous().start()) {
            for (String host : List.of("127.0.0.1", addressOfThisMachine().orElse("127.0.0.1"))) {
                assertThat(get(host, server.endpoint().getPort(), "/metrics").statusCode())
                        .isEqualTo(200);
            }
        }
    }

    private static Optional<String> addressOfThisMachine() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
    }

    private HttpResponse<String> get(String host, int port, String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://" + host + ":" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void metricsTellWhatWasPutAndReadAndHowLongItTook() throws Exception {
        try (StreamServer server = settings().start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            for (int i = 0; i < 3; i++) {
                call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}");
            }
            String iterator = iterator(server, "s", "TRIM_HORIZON");
            call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}");
            call(server, "DescribeStream", "{'StreamName': 'missing'}");

            String text = get(server, "/metrics").body();
            assertThat(value(text, "millrace_server_incoming_records_total{stream=\"s\"}"))
                    .isEqualTo(3);
            assertThat(value(text, "millrace_server_incoming_bytes_total{stream=\"s\"}"))
                    .isEqualTo(3 * (3 + 1));
            assertThat(value(text, "millrace_server_outgoing_records_total{stream=\"s\",way=\"poll\"}"))
                    .isEqualTo(3);
            assertThat(value(text, "millrace_server_requests_seconds_count{operation=\"PutRecord\",outcome=\"ok\"}"))
                    .isEqualTo(3);
            assertThat(
                            value(
                                    text,
                                    "millrace_server_requests_seconds_count{operation=\"DescribeStream\",outcome=\"ResourceNotFoundException\"}"))
                    .isEqualTo(1);
            assertThat(value(text, "millrace_server_append_seconds_count")).isPositive();
            assertThat(value(text, "millrace_server_connections")).isPositive();
            assertThat(text)
                    .contains("millrace_server_iterator_age_max{stream=\"s\"}", "millrace_server_fsync_seconds");
            assertThat(server.metrics()
                            .get("millrace.server.incoming.records")
                            .functionCounter()
                            .count())
                    .isEqualTo(3);
        }
    }

    @Test
    void theMetersOfAStreamGoWithIt() throws Exception {
        try (StreamServer server = settings().start()) {
            call(server, "CreateStream", "{'StreamName': 'gone', 'ShardCount': 1}");
            assertThat(get(server, "/metrics").body()).contains("stream=\"gone\"");
            call(server, "DeleteStream", "{'StreamName': 'gone'}");
            assertThat(get(server, "/metrics").body()).doesNotContain("stream=\"gone\"");
        }
    }

    @Test
    void quotasRefuseSingleRecordsAndStoreTheOthers() throws Exception {
        try (StreamServer server = settings().quotas(QuotaMode.AWS).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            String records = IntStream.range(0, 500)
                    .mapToObj(i -> "{'PartitionKey': 'k" + i + "', 'Data': 'AQID'}")
                    .collect(Collectors.joining(","));
            List<Integer> refused = new ArrayList<>();
            String last = "";
            for (int i = 0; i < 4; i++) {
                last = call(server, "PutRecords", "{'StreamName': 's', 'Records': [" + records + "]}");
                refused.add(number("FailedRecordCount", last));
            }
            // How fast this machine is decides how many came back meanwhile; the last request still meets the limit.
            assertThat(refused.get(0)).isZero();
            assertThat(refused.get(3)).isPositive();
            assertThat(last)
                    .contains(
                            "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"Rate exceeded for"
                                    + " shard shardId-000000000000 in stream s under account 000000000000.\"}");
            String text = get(server, "/metrics").body();
            int all = refused.stream().mapToInt(count -> count).sum();
            assertThat(value(text, "millrace_server_throttled_total{direction=\"in\",stream=\"s\"}"))
                    .isEqualTo(all);
            assertThat(value(text, "millrace_server_incoming_records_total{stream=\"s\"}"))
                    .isEqualTo(2_000 - all);
        }
    }

    @Test
    void quotasRefuseTheSixthStreamInTheMaking() throws Exception {
        StreamServer.Builder slow = settings().transitionTime(Duration.ofHours(1));
        try (StreamServer server = slow.quotas(new QuotaMode(1000)).start()) {
            for (int i = 0; i < 5; i++) {
                assertThat(call(server, "CreateStream", "{'StreamName': 's" + i + "', 'ShardCount': 1}"))
                        .isEmpty();
            }
            assertThat(call(server, "CreateStream", "{'StreamName': 's5', 'ShardCount': 1}"))
                    .contains("LimitExceededException");
        }
    }

    @Test
    void quotasRefuseTheSixthReadAndTheSixthCallOfASecond() throws Exception {
        // A thousandth of the service's limits: one call passes, the next has to wait for minutes.
        try (StreamServer server = settings().quotas(new QuotaMode(0.001)).start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            String iterator = iterator(server, "s", "TRIM_HORIZON");
            assertThat(call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}"))
                    .contains("\"Records\":[]");
            assertThat(call(server, "GetRecords", "{'ShardIterator': '" + iterator + "'}"))
                    .isEqualTo(
                            "{\"__type\":\"ProvisionedThroughputExceededException\",\"message\":\"Rate exceeded for shard"
                                    + " shardId-000000000000 in stream s under account 000000000000.\"}");
            assertThat(call(
                            server,
                            "GetShardIterator",
                            "{'StreamName': 's', 'ShardId': '0', 'ShardIteratorType': 'LATEST'}"))
                    .contains("ProvisionedThroughputExceededException");
            assertThat(call(server, "CreateStream", "{'StreamName': 't', 'ShardCount': 1}"))
                    .isEqualTo(
                            "{\"__type\":\"LimitExceededException\",\"message\":\"Rate exceeded for CreateStream under"
                                    + " account 000000000000.\"}");
            assertThat(call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}"))
                    .contains("SequenceNumber");
            assertThat(call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}"))
                    .contains("ProvisionedThroughputExceededException");
        }
    }

    @Test
    void theSameSeedGivesTheSameFaults() throws Exception {
        List<String> first = outcomes("throttle=0.3,internal=0.3,seed=42", "one");
        assertThat(outcomes("throttle=0.3,internal=0.3,seed=42", "two")).isEqualTo(first);
        assertThat(outcomes("throttle=0.3,internal=0.3,seed=43", "three")).isNotEqualTo(first);
        assertThat(first).contains("ok", "ProvisionedThroughputExceededException", "InternalFailure");
    }

    @Test
    void faultsHitOnlyTheOperationTheyAreFor() throws Exception {
        try (StreamServer server = settings().faults("PutRecords:throttle=1").start()) {
            call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            assertThat(call(server, "PutRecord", "{'StreamName': 's', 'PartitionKey': 'k', 'Data': 'AQID'}"))
                    .contains("SequenceNumber");
            assertThat(call(
                            server,
                            "PutRecords",
                            "{'StreamName': 's', 'Records': [{'PartitionKey': 'k', 'Data': 'AQID'}]}"))
                    .contains("ProvisionedThroughputExceededException");
        }
    }

    @Test
    void latencyIsAddedToAnswers() throws Exception {
        try (StreamServer server =
                settings().faults("ListStreams:latency=300ms").start()) {
            long begun = System.nanoTime();
            assertThat(call(server, "ListStreams", "{}")).contains("StreamNames");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        }
    }

    private List<String> outcomes(String faults, String data) throws Exception {
        List<String> outcomes = new ArrayList<>();
        try (StreamServer server =
                settings().dataDirectory(folder.resolve(data)).faults(faults).start()) {
            while (!call(server, "DescribeStreamSummary", "{'StreamName': 's'}").contains("ACTIVE")) {
                call(server, "CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
            }
            for (int i = 0; i < 40; i++) {
                String answer = call(
                        server,
                        "PutRecords",
                        "{'StreamName': 's', 'Records': [{'PartitionKey': 'k', 'Data': 'AQID'},"
                                + " {'PartitionKey': 'k', 'Data': 'AQID'}]}");
                Matcher type =
                        Pattern.compile("\"(?:__type|ErrorCode)\":\"([^\"]*)\"").matcher(answer);
                outcomes.add(type.find() ? type.group(1) : "ok");
            }
        }
        return outcomes;
    }

    private StreamServer.Builder settings() {
        return StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .fsync(FsyncPolicy.NEVER)
                .transitionTime(Duration.ZERO);
    }

    private String iterator(StreamServer server, String stream, String type) throws Exception {
        String answer = call(
                server,
                "GetShardIterator",
                "{'StreamName': '" + stream + "', 'ShardId': '0', 'ShardIteratorType': '" + type + "'}");
        Matcher matcher = Pattern.compile("\"ShardIterator\":\"([^\"]*)\"").matcher(answer);
        assertThat(matcher.find()).as(answer).isTrue();
        return matcher.group(1);
    }

    private static int number(String member, String json) {
        Matcher matcher = Pattern.compile("\"" + member + "\":(\\d+)").matcher(json);
        assertThat(matcher.find()).as(json).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    private static double value(String metrics, String name) {
        Matcher matcher =
                Pattern.compile("(?m)^" + Pattern.quote(name) + " (\\S+)$").matcher(metrics);
        assertThat(matcher.find()).as("%s in%n%s", name, metrics).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    private HttpResponse<String> get(StreamServer server, String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(server.endpoint() + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private String call(StreamServer server, String operation, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.endpoint())
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", "Kinesis_20131202." + operation)
                .header("X-Amz-Date", "20260101T000000Z")
                .header("Authorization", AUTHORIZATION)
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
