package io.millrace.streamcore.api.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.streamcore.StreamServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.utils.AttributeMap;

/** A server with credentials and its clients: the AWS SDK, and requests off a socket that were tampered with. */
class SecureServerTest {
    private static final String ADMIN_SECRET = "the-secret-of-the-admin";
    private static final String READER_SECRET = "the-secret-of-the-reader";
    private static final String PAYLOAD = "a-payload-that-nobody-logs";
    private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";
    private static final String KEYS = """
            {"keys": [
              {"accessKeyId": "admin", "secretAccessKey": "%s",
               "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]},
              {"accessKeyId": "%s", "secretAccessKey": "%s",
               "allow": [{"actions": ["kinesis:PutRecord*"], "streams": ["orders*"]}]},
              {"accessKeyId": "reader", "secretAccessKey": "%s",
               "allow": [{"actions": ["kinesis:Get*", "kinesis:ListShards", "kinesis:SubscribeToShard"],
                          "streams": ["orders"]}]},
              {"accessKeyId": "guest", "secretAccessKey": "%s"},
              {"accessKeyId": "partner", "secretAccessKey": "%s", "account": "111122223333",
               "allow": [{"actions": ["kinesis:*"], "streams": ["*"]}]}
            ]}
            """.formatted(
                    ADMIN_SECRET, SignedRequest.KEY, SignedRequest.SECRET, READER_SECRET, READER_SECRET, READER_SECRET);

    private final List<KinesisAsyncClient> clients = new ArrayList<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisAsyncClient admin;

    @BeforeEach
    void start() throws Exception {
        Path keys = Files.writeString(folder.resolve("keys.json"), KEYS);
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-------"));
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder.resolve("data"))
                .transitionTime(Duration.ZERO)
                .credentials(keys)
                .start();
        admin = client("admin", ADMIN_SECRET);
        await(admin.createStream(b -> b.streamName("orders").shardCount(2)));
        await(admin.createStream(b -> b.streamName("private").shardCount(2)));
    }

    @AfterEach
    void stop() {
        clients.forEach(KinesisAsyncClient::close);
        server.close();
    }

    private KinesisAsyncClient client(String key, String secret) {
        return client(key, secret, "http");
    }

    private KinesisAsyncClient client(String key, String secret, String scheme) {
        KinesisAsyncClient client = KinesisAsyncClient.builder()
                .endpointOverride(scheme.equals("http") ? server.endpoint() : server.tlsEndpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(key, secret)))
                .httpClient(NettyNioAsyncHttpClient.builder()
                        .buildWithDefaults(AttributeMap.builder()
                                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                                .build()))
                .build();
        clients.add(client);
        return client;
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static void assertRefused(CompletableFuture<?> call, String code, String text) {
        ExecutionException failed = catchThrowableOfType(ExecutionException.class, () -> await(call));
        assertThat(failed).hasCauseInstanceOf(KinesisException.class);
        KinesisException refused = (KinesisException) Objects.requireNonNull(failed.getCause());
        assertThat(refused.awsErrorDetails().errorCode()).isEqualTo(code);
        assertThat(refused.awsErrorDetails().errorMessage()).contains(text);
        assertThat(refused.statusCode()).isEqualTo(400);
    }

    private List<Record> records(String stream) throws Exception {
        List<Record> all = new ArrayList<>();
        for (String shard : List.of("0", "1")) {
            String iterator = await(admin.getShardIterator(
                            b -> b.streamName(stream).shardId(shard).shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                    .shardIterator();
            all.addAll(await(admin.getRecords(b -> b.shardIterator(iterator))).records());
        }
        return all;
    }

    /** All lines of what was done and of what was refused, the server closed. */
    private List<String> audit() throws IOException {
        server.close();
        List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve("data/audit.log")));
        assertThat(lines).allMatch(line -> line.endsWith("\"outcome\":\"ok\"}"));
        List<String> refused = Files.readAllLines(folder.resolve("data/audit-refused.log"));
        assertThat(refused).noneMatch(line -> line.endsWith("\"outcome\":\"ok\"}"));
        lines.addAll(refused);
        assertThat(lines)
                .allSatisfy(line -> assertThat(line)
                        .startsWith("{\"time\":\"20")
                        .endsWith("\"}")
                        .doesNotContain(
                                "secret-of",
                                SignedRequest.SECRET,
                                PAYLOAD,
                                Base64.getEncoder().encodeToString(PAYLOAD.getBytes(UTF_8))));
        return lines;
    }

    private static void assertLine(List<String> lines, String... parts) {
        assertThat(lines).anySatisfy(line -> assertThat(line).contains(parts));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void everyKeyMayDoWhatTheFileSaysAndNothingElse(String scheme) throws Exception {
        KinesisAsyncClient producer = client(SignedRequest.KEY, SignedRequest.SECRET, scheme);
        KinesisAsyncClient reader = client("reader", READER_SECRET, scheme);
        SdkBytes data = SdkBytes.fromUtf8String(PAYLOAD);
        for (int i = 0; i < 5; i++) {
            // The same put within a second: each has an id of its own.
            await(producer.putRecord(
                    b -> b.streamName("orders").partitionKey("k").data(data)));
        }
        assertThat(records("orders")).hasSize(5);
        String denied =
                "User: arn:aws:iam::000000000000:user/" + SignedRequest.KEY + " is not authorized to perform: kinesis:";
        assertRefused(
                producer.putRecord(
                        b -> b.streamName("private").partitionKey("k").data(data)),
                "AccessDeniedException",
                denied + "PutRecord on resource: " + ARN + "private");
        assertRefused(
                producer.putRecord(
                        b -> b.streamARN(ARN + "private").partitionKey("k").data(data)),
                "AccessDeniedException",
                ARN + "private");
        assertRefused(
                producer.putRecord(
                        b -> b.streamName("no-such").partitionKey("k").data(data)),
                "AccessDeniedException",
                ARN + "no-such");
        assertRefused(producer.listStreams(), "AccessDeniedException", denied + "ListStreams on resource: *");
        assertRefused(
                producer.deleteStream(b -> b.streamName("orders")),
                "AccessDeniedException",
                denied + "DeleteStream on resource: " + ARN + "orders");
        assertRefused(
                reader.deregisterStreamConsumer(b -> b.consumerARN(ARN + "orders/consumer/c:1")),
                "AccessDeniedException",
                "DeregisterStreamConsumer on resource: " + ARN + "orders");
        assertThat(records("private")).isEmpty();

        List<String> lines = audit();
        assertLine(
                lines,
                "\"accessKey\":\"admin\",\"verified\":true,\"operation\":\"CreateStream\"",
                "\"stream\":\"private\"");
        assertLine(
                lines,
                SignedRequest.KEY,
                "\"operation\":\"PutRecord\",\"stream\":\"private\",\"status\":400,\"outcome\":\"AccessDeniedException\"",
                "\"source\":\"127.0.0.1\"");
        assertLine(lines, "\"operation\":\"ListStreams\",\"status\":400,\"outcome\":\"AccessDeniedException\"");
        assertThat(lines).noneMatch(line -> line.contains("\"PutRecord\"") && line.contains("\"ok\""));
    }

    private static String policy(String effect, String principal, String action, String resource) {
        return "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"" + effect
                + "\", \"Principal\": {\"AWS\": \"" + principal + "\"}, \"Action\": \"" + action
                + "\", \"Resource\": \"" + resource + "\"}]}";
    }

    private void attach(String resource, String policy) throws Exception {
        await(admin.putResourcePolicy(b -> b.resourceARN(resource).policy(policy)));
    }

    @Test
    void aPolicyOnAStreamAllowsUsersThatItNames() throws Exception {
        KinesisAsyncClient guest = client("guest", READER_SECRET);
        String user = "arn:aws:iam::000000000000:user/guest";
        assertRefused(guest.listShards(b -> b.streamName("orders")), "AccessDeniedException", user);
        attach(ARN + "orders", policy("Allow", user, "kinesis:List*", ARN + "orders"));
        assertThat(await(guest.listShards(b -> b.streamARN(ARN + "orders"))).shards())
                .hasSize(2);
        assertRefused(guest.listShards(b -> b.streamName("private")), "AccessDeniedException", ARN + "private");
        assertRefused(guest.deleteStream(b -> b.streamName("orders")), "AccessDeniedException", ARN + "orders");
        assertRefused(guest.listStreams(), "AccessDeniedException", "resource: *");
        assertRefused(
                guest.getResourcePolicy(b -> b.resourceARN(ARN + "orders")), "AccessDeniedException", ARN + "orders");
        await(admin.deleteResourcePolicy(b -> b.resourceARN(ARN + "orders")));
        assertRefused(guest.listShards(b -> b.streamName("orders")), "AccessDeniedException", user);
    }

    @Test
    void aPolicyThatDeniesGoesBeforeWhatAKeyMayAndLocksNobodyOut() throws Exception {
        attach(ARN + "orders", policy("Deny", "*", "kinesis:*", "*"));
        String why = "with an explicit deny in a resource-based policy";
        assertRefused(admin.listShards(b -> b.streamName("orders")), "AccessDeniedException", why);
        assertRefused(admin.deleteStream(b -> b.streamName("orders")), "AccessDeniedException", why);
        assertRefused(
                client("reader", READER_SECRET)
                        .getShardIterator(
                                b -> b.streamName("orders").shardId("0").shardIteratorType(ShardIteratorType.LATEST)),
                "AccessDeniedException",
                why);
        assertThat(await(admin.listShards(b -> b.streamName("private"))).shards())
                .hasSize(2);
        assertThat(await(admin.getResourcePolicy(b -> b.resourceARN(ARN + "orders")))
                        .policy())
                .contains("Deny");
        await(admin.deleteResourcePolicy(b -> b.resourceARN(ARN + "orders")));
        assertThat(await(admin.listShards(b -> b.streamName("orders"))).shards())
                .hasSize(2);
        assertLine(audit(), "\"operation\":\"DeleteStream\"", "\"outcome\":\"AccessDeniedException\"");
    }

    @Test
    void usersOfOtherAccountsMayDoWhatBothTheirKeyAndAPolicyAllow() throws Exception {
        KinesisAsyncClient partner = client("partner", READER_SECRET);
        assertRefused(
                partner.listShards(b -> b.streamARN(ARN + "orders")),
                "AccessDeniedException",
                "User: arn:aws:iam::111122223333:user/partner is not authorized");
        attach(ARN + "orders", policy("Allow", "111122223333", "kinesis:ListShards", "*"));
        assertThat(await(partner.listShards(b -> b.streamARN(ARN + "orders"))).shards())
                .hasSize(2);
        assertRefused(
                partner.deleteResourcePolicy(b -> b.resourceARN(ARN + "orders")),
                "AccessDeniedException",
                "no resource-based policy allows");
        assertThat(records("orders")).isEmpty();
    }

    @Test
    void keysOfAnotherAccountHaveStreamsOfTheirOwn() throws Exception {
        KinesisAsyncClient partner = client("partner", READER_SECRET);
        assertThat(await(partner.listStreams()).streamNames()).isEmpty();
        await(partner.createStream(b -> b.streamName("orders").shardCount(1)));
        assertThat(await(partner.describeStreamSummary(b -> b.streamName("orders")))
                        .streamDescriptionSummary()
                        .streamARN())
                .isEqualTo("arn:aws:kinesis:us-east-1:111122223333:stream/orders");
        assertThat(await(partner.listShards(b -> b.streamName("orders"))).shards())
                .hasSize(1);
        assertThat(await(admin.listShards(b -> b.streamName("orders"))).shards())
                .hasSize(2);
        await(partner.putRecord(b -> b.streamName("orders").partitionKey("k").data(SdkBytes.fromUtf8String(PAYLOAD))));
        assertThat(records("orders")).isEmpty();
        assertLine(audit(), "\"operation\":\"CreateStream\"", "\"stream\":\"111122223333:us-east-1:orders\"");
    }

    @Test
    void anotherAccountsStreamIsUsedByItsArnWhereAPolicyAllowsIt() throws Exception {
        KinesisAsyncClient partner = client("partner", READER_SECRET);
        attach(ARN + "orders", policy("Allow", "arn:aws:iam::111122223333:root", "kinesis:*", "*"));
        await(partner.putRecord(
                b -> b.streamARN(ARN + "orders").partitionKey("k").data(SdkBytes.fromUtf8String(PAYLOAD))));
        assertThat(records("orders")).hasSize(1);
        List<String> read = new ArrayList<>();
        for (String shard : List.of("0", "1")) {
            String iterator = await(partner.getShardIterator(b -> b.streamARN(ARN + "orders")
                            .shardId(shard)
                            .shardIteratorType(ShardIteratorType.TRIM_HORIZON)))
                    .shardIterator();
            await(partner.getRecords(b -> b.streamARN(ARN + "orders").shardIterator(iterator)))
                    .records()
                    .forEach(record -> read.add(record.partitionKey()));
            assertRefused(
                    partner.getRecords(b -> b.shardIterator(iterator)),
                    "ResourceNotFoundException",
                    "under account 111122223333 does not exist");
        }
        assertThat(read).containsExactly("k");
        List<String> shards = new ArrayList<>();
        ListShardsResponse page =
                await(partner.listShards(b -> b.streamARN(ARN + "orders").maxResults(1)));
        page.shards().forEach(shard -> shards.add(shard.shardId()));
        String token = page.nextToken();
        await(partner.listShards(b -> b.nextToken(token))).shards().forEach(shard -> shards.add(shard.shardId()));
        assertThat(shards).containsExactly("shardId-000000000000", "shardId-000000000001");
        for (String stranger : List.of(ARN + "missing", ARN.replace("000000000000", "444455556666") + "orders")) {
            assertRefused(
                    partner.listShards(b -> b.streamARN(stranger)),
                    "AccessDeniedException",
                    "on resource: " + stranger);
        }
        assertRefused(
                partner.listShards(b -> b.streamARN(ARN.replace("us-east-1", "eu-west-1") + "orders")),
                "ResourceNotFoundException",
                "its ARN is of region eu-west-1, and the request is signed for us-east-1");
    }

    @Test
    void aConsumerHasAPolicyOfItsOwn() throws Exception {
        KinesisAsyncClient guest = client("guest", READER_SECRET);
        String consumer = await(admin.registerStreamConsumer(
                        b -> b.streamARN(ARN + "orders").consumerName("c")))
                .consumer()
                .consumerARN();
        assertRefused(
                guest.registerStreamConsumer(b -> b.streamARN(ARN + "orders").consumerName("d")),
                "AccessDeniedException",
                ARN + "orders");
        attach(ARN + "orders", policy("Allow", "*", "kinesis:*", "*"));
        await(guest.registerStreamConsumer(b -> b.streamARN(ARN + "orders").consumerName("d")));
        assertRefused(
                guest.describeStreamConsumer(b -> b.consumerARN(consumer)), "AccessDeniedException", ARN + "orders");
        attach(consumer, policy("Allow", "*", "kinesis:Describe*", consumer));
        assertThat(await(guest.describeStreamConsumer(b -> b.consumerARN(consumer)))
                        .consumerDescription()
                        .consumerName())
                .isEqualTo("c");
        attach(consumer, policy("Deny", "000000000000", "kinesis:Describe*", consumer));
        String why = "with an explicit deny";
        assertRefused(admin.describeStreamConsumer(b -> b.consumerARN(consumer)), "AccessDeniedException", why);
        assertRefused(
                admin.describeStreamConsumer(b -> b.streamARN(ARN + "orders").consumerName("c")),
                "AccessDeniedException",
                why);
        assertThat(await(admin.listStreamConsumers(b -> b.streamARN(ARN + "orders")))
                        .consumers())
                .hasSize(2);
    }

    @Test
    void whatTokensHideCountsToo() throws Exception {
        KinesisAsyncClient reader = client("reader", READER_SECRET);
        String own = await(reader.getShardIterator(
                        b -> b.streamName("orders").shardId("0").shardIteratorType(ShardIteratorType.LATEST)))
                .shardIterator();
        await(reader.getRecords(b -> b.shardIterator(own)));
        String others = await(admin.getShardIterator(
                        b -> b.streamName("private").shardId("0").shardIteratorType(ShardIteratorType.LATEST)))
                .shardIterator();
        assertRefused(reader.getRecords(b -> b.shardIterator(others)), "AccessDeniedException", ARN + "private");
        assertRefused(
                reader.getRecords(b -> b.shardIterator(others).streamARN(ARN + "orders")),
                "AccessDeniedException",
                ARN + "private");
        assertRefused(
                reader.getRecords(b -> b.shardIterator("forged")), "InvalidArgumentException", "Invalid ShardIterator");
        String page = await(admin.listShards(b -> b.streamName("private").maxResults(1)))
                .nextToken();
        assertRefused(reader.listShards(b -> b.nextToken(page)), "AccessDeniedException", ARN + "private");
        assertThat(await(reader.listShards(b -> b.streamName("orders").maxResults(1)))
                        .shards())
                .hasSize(1);
    }

    @Test
    void strangersAreRefused() throws Exception {
        assertRefused(
                client("admin", "not-the-secret-of-the-admin").listStreams(),
                "InvalidSignatureException",
                "The request signature we calculated does not match");
        assertRefused(
                client("nobody", ADMIN_SECRET).listStreams(),
                "UnrecognizedClientException",
                "The security token included in the request is invalid.");
        List<String> lines = audit();
        assertLine(lines, "\"accessKey\":\"admin\",\"verified\":false", "InvalidSignatureException");
        assertLine(lines, "\"accessKey\":\"nobody\",\"verified\":false", "UnrecognizedClientException");
    }

    private static SignedRequest put() {
        return put(Instant.now());
    }

    private static SignedRequest put(Instant time) {
        String data = Base64.getEncoder().encodeToString(PAYLOAD.getBytes(UTF_8));
        return SignedRequest.of(
                "PutRecord", "{\"StreamName\": \"orders\", \"PartitionKey\": \"k\", \"Data\": \"" + data + "\"}", time);
    }

    private String send(SignedRequest request) throws IOException {
        return send(request.wire(false));
    }

    private String send(byte[] wire) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.endpoint().getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(wire);
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }

    @Test
    void whatWasTamperedWithIsRefusedLeavesNothingAndIsNoted() throws Exception {
        String invalid = "\"__type\":\"InvalidSignatureException\"";
        assertThat(send(put().sign().body("{\"StreamName\": \"orders\", \"PartitionKey\": \"k\", \"Data\": \"eA==\"}")))
                .contains(invalid, "does not match");
        assertThat(send(put().sign().header("content-type", "application/x-amz-cbor-1.1")))
                .contains("InvalidSignatureException");
        assertThat(send(put().without("x-amz-target").sign().header("x-amz-target", "Kinesis_20131202.PutRecord")))
                .contains(invalid, "'X-Amz-Target' must be a 'SignedHeader'");
        assertThat(send(put(Instant.now().minusSeconds(400)).sign()))
                .contains(invalid, "Signature expired", "\r\ndate: ");
        assertThat(send(put(Instant.now().plusSeconds(400)).sign())).contains(invalid, "Signature not yet current");
        assertThat(send(put())).contains("MissingAuthenticationTokenException");
        // Not even its mistakes are told to a stranger.
        assertThat(send(put().body("{"))).contains("MissingAuthenticationTokenException");
        assertThat(send(put().header("x-amz-target", "Kinesis_20131202.Nothing")))
                .contains("MissingAuthenticationTokenException");
        assertThat(records("orders")).isEmpty();

        List<String> lines = audit();
        assertThat(lines)
                .filteredOn(line -> line.contains("\"InvalidSignatureException\""))
                .hasSize(5);
        assertThat(lines)
                .filteredOn(line -> line.contains("\"MissingAuthenticationTokenException\""))
                .hasSize(3);
    }

    @Test
    void aReplayIsRefusedAndStoresNothing() throws Exception {
        SignedRequest request = put().sign();
        assertThat(send(request)).contains("200 OK");
        assertThat(send(request)).contains("InvalidSignatureException", "This request came before");
        assertThat(records("orders")).hasSize(1);
        assertLine(audit(), "\"operation\":\"PutRecord\"", "\"outcome\":\"InvalidSignatureException\"");
    }

    @Test
    void bodiesInChunksAndPackedOnesAreVerifiedAsSent() throws Exception {
        assertThat(send(put().sign().wire(true))).contains("200 OK");
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("{\"StreamName\": \"orders\", \"PartitionKey\": \"k\", \"Data\": \"eA==\"}".getBytes(UTF_8));
        }
        assertThat(send(put().header("content-encoding", "gzip")
                        .body(packed.toByteArray())
                        .sign()))
                .contains("200 OK");
        assertThat(records("orders")).hasSize(2);
    }

    @Test
    void aPresignedReadIsGoodUntilItExpiresAndAPresignedChangeOnce() throws Exception {
        SignedRequest read = SignedRequest.of(
                        "ListShards",
                        "{\"StreamName\": \"orders\"}",
                        Instant.now().minusSeconds(400))
                .by("admin", ADMIN_SECRET)
                .inQueryFor(Duration.ofMinutes(30))
                .sign();
        assertThat(send(read)).contains("200 OK");
        assertThat(send(read)).contains("200 OK");
        SignedRequest change = put().inQueryFor(Duration.ofDays(7)).sign();
        assertThat(send(change)).contains("200 OK");
        assertThat(send(change.header("amz-sdk-invocation-id", "another"))).contains("This request came before");
        assertThat(send(put(Instant.now().minusSeconds(400))
                        .inQueryFor(Duration.ofDays(7))
                        .sign()))
                .contains("Signature expired");
        assertThat(records("orders")).hasSize(1);
    }

    /** The first request on a connection is HTTP/1.1 and asks for more; it is answered over HTTP/2. */
    @Test
    void aRequestThatUpgradesToHttp2IsVerifiedToo() throws Exception {
        HttpClient upgrading =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        HttpResponse<String> taken = upgrading.send(
                put().to(server.endpoint()).sign().http(server.endpoint()).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(taken.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(taken.body()).contains("SequenceNumber");
        for (boolean isFirst : new boolean[] {true, false}) {
            HttpClient next = isFirst
                    ? HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()
                    : upgrading;
            HttpResponse<String> tampered = next.send(
                    put().to(server.endpoint())
                            .sign()
                            .body("{\"StreamName\": \"orders\", \"PartitionKey\": \"k\", \"Data\": \"eA==\"}")
                            .http(server.endpoint())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(tampered.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(tampered.body()).contains("InvalidSignatureException");
        }
        assertThat(records("orders")).hasSize(1);
    }

    @Test
    void whatTheTransportRefusesIsNoted() throws Exception {
        assertThat(send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n"
                        .getBytes(UTF_8)))
                .contains("413 ");
        assertLine(audit(), "\"source\":\"127.0.0.1\"", "\"status\":413,\"outcome\":\"RequestEntityTooLarge\"");
    }

    @Test
    void othersThanTheLoopbackAreServedWithCredentials() {
        try (StreamServer open = StreamServer.builder()
                .host("0.0.0.0")
                .port(0)
                .credentials(folder.resolve("keys.json"))
                .start()) {
            assertThat(open.endpoint()).isNotNull();
        }
        assertThatThrownBy(() -> StreamServer.builder()
                        .port(0)
                        .credentials(folder.resolve("none.json"))
                        .start())
                .hasMessageEndingWith("none.json: no such file.");
    }
}
