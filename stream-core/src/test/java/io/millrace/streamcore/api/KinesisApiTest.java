package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.HashKey;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.StreamsSettings;
import io.millrace.streamcore.stream.account.Account;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and answers without sockets, over real storage. */
class KinesisApiTest {
    private static final String JSON = "application/x-amz-json-1.1";
    private static final String CBOR = "application/x-amz-cbor-1.1";
    private static final String SIGNED =
            "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0";
    private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Streams streams;

    @SuppressWarnings("NullAway.Init") // set before each test
    private KinesisApi api;

    @BeforeEach
    void open() throws IOException {
        Platform platform = new SystemPlatform();
        streams = Streams.open(StreamsSettings.in(folder, platform).withTransitionTime(Duration.ZERO));
        api = new KinesisApi(
                streams,
                new Account("us-east-1", "000000000000"),
                TokenSeal.of(folder.resolve("key")),
                platform,
                ApiOptions.NONE);
    }

    @AfterEach
    void close() {
        streams.close();
    }

    /** Each check ends the request; a request that would fail two of them shows which comes first. */
    @Nested
    class Order {
        @Test
        void aPreflightIsAnsweredFirst() throws Exception {
            Reply reply = send("OPTIONS", Map.of("Origin", "x", "Access-Control-Request-Headers", "a,b"), "");
            assertThat(reply.status).isEqualTo(200);
            assertThat(reply.body).isEmpty();
            assertThat(reply.headers)
                    .containsEntry("access-control-max-age", "172800")
                    .containsEntry("access-control-allow-headers", "a,b")
                    .doesNotContainKeys("x-amz-id-2", "content-type");
        }

        @ParameterizedTest
        @ValueSource(strings = {"GET", "PUT", "DELETE", "OPTIONS"})
        void othersThanPostAreDenied(String method) throws Exception {
            Reply reply = send(method, Map.of(), "");
            assertThat(reply.status).isEqualTo(403);
            assertThat(reply.body).isEqualTo("""
                            <AccessDeniedException>
                              <Message>Unable to determine service/operation name to be authorized</Message>
                            </AccessDeniedException>
                            """);
            assertThat(reply.headers).doesNotContainKey("content-type");
        }

        @Test
        void anEmptyBodyIsUnknownOrUnreadableInCborUnlessItWasJson() throws Exception {
            Reply unknown = send("POST", Map.of("Content-Type", "text/plain"), "");
            assertThat(unknown.status).isEqualTo(400);
            assertThat(unknown.headers).containsEntry("content-type", CBOR);
            assertThat(HexFormat.of().formatHex(unknown.raw))
                    .isEqualTo("bf665f5f74797065" + "7819" + hex("UnknownOperationException") + "ff");
            Reply known = send("POST", Map.of("Content-Type", JSON, "X-Amz-Target", target("ListStreams")), "");
            assertThat(known.body).isEqualTo("{\"__type\":\"SerializationException\"}");
        }

        @Test
        void aStrangeContentTypeIsDeniedOrUnknown() throws Exception {
            assertThat(send("POST", Map.of("Content-Type", "text/plain"), "{").status)
                    .isEqualTo(403);
            Reply reply = send("POST", Map.of("Content-Type", "text/plain", "X-Amz-Target", "A.B"), "{");
            assertThat(reply.status).isEqualTo(404);
            assertThat(reply.body).isEqualTo("<UnknownOperationException/>\n");
        }

        @Test
        void anUnreadableBodyComesBeforeAnUnknownTarget() throws Exception {
            Reply reply = send("POST", Map.of("Content-Type", JSON, "X-Amz-Target", "A.B"), "{");
            assertThat(reply.status).isEqualTo(400);
            assertThat(reply.body).isEqualTo("{\"__type\":\"SerializationException\"}");
        }

        @ParameterizedTest
        @CsvSource({"{, 400, SerializationException", "{}, 404, UnknownOperationException"})
        void theOldProtocolHasItsOwnEnvelope(String body, int status, String type) throws Exception {
            Reply reply = send(
                    "POST", Map.of("Content-Type", "application/json", "X-Amz-Target", target("ListStreams")), body);
            assertThat(reply.status).isEqualTo(status);
            assertThat(reply.body)
                    .isEqualTo(
                            "{\"Output\":{\"__type\":\"com.amazon.coral.service#" + type + "\"},\"Version\":\"1.0\"}");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "ListStreams", "Kinesis_20131202.Nothing", "DynamoDB_20120810.ListStreams"})
        void anUnknownTargetComesBeforeTheAuthorization(String target) throws Exception {
            Reply reply = send("POST", Map.of("Content-Type", JSON + "; charset=utf-8", "X-Amz-Target", target), "{}");
            assertThat(reply.status).isEqualTo(400);
            assertThat(reply.body).isEqualTo("{\"__type\":\"UnknownOperationException\"}");
            assertThat(reply.headers).containsEntry("content-type", JSON);
        }

        @Test
        void theAuthorizationComesBeforeTypes() throws Exception {
            Reply reply =
                    send("POST", Map.of("Content-Type", JSON, "X-Amz-Target", target("ListStreams")), "{\"Limit\":[]}");
            assertThat(reply.body)
                    .isEqualTo(
                            "{\"__type\":\"MissingAuthenticationTokenException\",\"message\":\"Missing Authentication"
                                    + " Token\"}");
        }

        @Test
        void typesComeBeforeConstraints() throws Exception {
            assertThat(call("CreateStream", "{'StreamName': '', 'ShardCount': 'x'}"))
                    .isEqualTo("{\"__type\":\"SerializationException\",\"Message\":\"class java.lang.String can not be"
                            + " converted to an Integer\"}");
        }

        @Test
        void constraintsComeBeforeTheOperation() throws Exception {
            assertThat(call("DeleteStream", "{'StreamName': 'a b'}"))
                    .isEqualTo(
                            "{\"__type\":\"ValidationException\",\"message\":\"1 validation error detected: Value 'a b'"
                                    + " at 'streamName' failed to satisfy constraint: Member must satisfy regular expression"
                                    + " pattern: [a-zA-Z0-9_.-]+\"}");
        }
    }

    @Test
    void everyAnswerHasItsIdsAndWhatABrowserNeeds() throws Exception {
        Map<String, String> headers = new HashMap<>(signed("ListStreams"));
        headers.put("Origin", "somewhere");
        Reply reply = send("POST", headers, "{}");

        assertThat(UUID.fromString(reply.headers.get("x-amzn-requestid")).version())
                .isEqualTo(4);
        assertThat(Base64.getDecoder().decode(reply.headers.get("x-amz-id-2"))).hasSizeBetween(64, 80);
        assertThat(reply.headers).containsEntry("access-control-allow-origin", "*");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "AWS4-HMAC-SHA256 Credential=k, SignedHeaders=h, Signature=s | ",
                "AWS4-HMAC-SHA256 Credential=k,SignedHeaders=h,Signature=s | ",
                "AWS4-HMAC-SHA256 Credential=k SignedHeaders=h Signature=s | ",
                "AWS4-HMAC-SHA256 Credential=k, SignedHeaders=h | Authorization header requires 'Signature' parameter."
                        + " Authorization=AWS4-HMAC-SHA256 Credential=k, SignedHeaders=h",
                "nonsense | Authorization header requires 'Credential' parameter. Authorization header requires"
                        + " 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."
                        + " Authorization=nonsense"
            })
    void theAuthorizationHeaderNeedsItsParts(String header, String flaw) throws Exception {
        Map<String, String> headers = new HashMap<>(signed("ListStreams"));
        headers.put("Authorization", header);
        String body = send("POST", headers, "{}").body;
        if (flaw == null) {
            assertThat(body).startsWith("{\"StreamNames\"");
        } else {
            assertThat(body).isEqualTo("{\"__type\":\"IncompleteSignatureException\",\"message\":\"" + flaw + "\"}");
        }
    }

    @Test
    void theAuthorizationMayStandInTheQueryButNotInBoth() throws Exception {
        String query = "X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=e";
        Map<String, String> headers = Map.of("Content-Type", JSON, "X-Amz-Target", target("ListStreams"));
        assertThat(send("POST", query, headers, "{}").body).startsWith("{\"StreamNames\"");
        assertThat(send("POST", "X-Amz-Algorithm=a&X-Amz-Date=e", headers, "{}").body)
                .contains("AWS query-string parameters must include 'X-Amz-Credential'.")
                .contains("Re-examine the query-string parameters.");
        assertThat(send("POST", query, signed("ListStreams"), "{}").body).contains("InvalidSignatureException");
    }

    @Test
    void aHeaderWithoutADateIsIncomplete() throws Exception {
        Map<String, String> headers = new HashMap<>(signed("ListStreams"));
        headers.remove("X-Amz-Date");
        assertThat(send("POST", headers, "{}").body).contains("either a 'X-Amz-Date' or a 'Date' header");
    }

    @Test
    void answersWithoutMembersAreEmpty() throws Exception {
        Reply reply = send("POST", signed("CreateStream"), "{\"StreamName\":\"s\",\"ShardCount\":1}");
        assertThat(reply.status).isEqualTo(200);
        assertThat(reply.raw).isEmpty();
        assertThat(reply.headers).containsEntry("content-type", JSON);
    }

    @ParameterizedTest
    @ValueSource(strings = {CBOR, "application/cbor"})
    void cborIsAnsweredInKind(String type) throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        Map<String, String> headers = new HashMap<>(signed("PutRecord"));
        headers.put("Content-Type", type);
        // {"StreamName": "s", "PartitionKey": "k", "Data": h'0102'}
        byte[] body = HexFormat.of()
                .parseHex("a3" + "6a" + hex("StreamName") + "6173" + "6c" + hex("PartitionKey") + "616b" + "64"
                        + hex("Data") + "420102");
        Reply reply = send("POST", "", headers, body);
        assertThat(reply.headers).containsEntry("content-type", type);
        assertThat(HexFormat.of().formatHex(reply.raw))
                .startsWith("bf" + "67" + hex("ShardId") + "74" + hex("shardId-000000000000") + "6e"
                        + hex("SequenceNumber") + "7838")
                .endsWith("ff");
        assertThat(readAll("shardId-000000000000")).contains("\"Data\":\"AQI=\",\"PartitionKey\":\"k\"");
    }

    @Test
    void streamsAreNamedByNameByArnOrByBoth() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        assertThat(call("DescribeStreamSummary", "{'StreamARN': '" + ARN + "s'}"))
                .contains("\"OpenShardCount\":1");
        assertThat(call("DescribeStreamSummary", "{'StreamName': 's', 'StreamARN': '" + ARN + "s'}"))
                .contains("\"OpenShardCount\":1");
        assertThat(call("DescribeStreamSummary", "{'StreamName': 't', 'StreamARN': '" + ARN + "s'}"))
                .contains("InvalidArgumentException");
        assertThat(call("DescribeStreamSummary", "{}")).contains("InvalidArgumentException");
        assertThat(call("DescribeStreamSummary", "{'StreamARN': '" + ARN.replace("us-east-1", "eu-west-1") + "s'}"))
                .contains("ResourceNotFoundException");
        assertThat(call("DescribeStreamSummary", "{'StreamARN': '" + ARN + "!'}"))
                .isEqualTo("{\"__type\":\"ResourceNotFoundException\",\"message\":\"Stream ! under account 000000000000"
                        + " not found.\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"shardId-000000000000", "shardId-0", "0", "anything-0", "00000000000000000000000"})
    void shardsAreNamedByTheirNumber(String shard) throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        assertThat(call(
                        "GetShardIterator",
                        "{'StreamName': 's', 'ShardId': '" + shard + "', 'ShardIteratorType': 'LATEST'}"))
                .startsWith("{\"ShardIterator\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x | Could not find shard x in stream s under account 000000000000.",
                "shardId-4294967296 | Could not find shard shardId-4294967296 in stream s under account 000000000000.",
                "shardId-000000000007 | Shard shardId-000000000007 in stream s under account 000000000000 does not exist"
            })
    void shardsThatAreNotThereAreNamed(String shard, String text) throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        assertThat(call(
                        "GetShardIterator",
                        "{'StreamName': 's', 'ShardId': '" + shard + "', 'ShardIteratorType': 'LATEST'}"))
                .isEqualTo("{\"__type\":\"ResourceNotFoundException\",\"message\":\"" + text + "\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'ShardIteratorType': 'LATEST', 'StartingSequenceNumber': '1' | Request specified LATEST and also a"
                        + " StartingSequenceNumber.",
                "'ShardIteratorType': 'AT_SEQUENCE_NUMBER' | Request specified AT_SEQUENCE_NUMBER and no"
                        + " StartingSequenceNumber.",
                "'ShardIteratorType': 'AT_TIMESTAMP' | Must specify timestamp parameter for iterator of type"
                        + " AT_TIMESTAMP.",
                "'ShardIteratorType': 'AT_TIMESTAMP', 'Timestamp': 99999999999 | The timestampInMillis parameter cannot be"
                        + " greater than the currentTimestampInMillis.",
                "'ShardIteratorType': 'AT_SEQUENCE_NUMBER', 'StartingSequenceNumber': '99999999999999999999999999999"
                        + "99999999999999999999999999999999999' | is invalid."
            },
            quoteCharacter = '`')
    void positionsThatMakeNoSenseAreRefused(String members, String text) throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        assertThat(call("GetShardIterator", "{'StreamName': 's', 'ShardId': '0', " + members + "}"))
                .contains("InvalidArgumentException")
                .contains(text);
    }

    @Test
    void explicitHashKeysRouteAndAreBounded() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 2}");
        String put = "{'StreamName': 's', 'PartitionKey': 'k', 'Data': '', 'ExplicitHashKey': '%s'}";
        assertThat(call("PutRecord", put.formatted("0"))).contains("shardId-000000000000");
        assertThat(call("PutRecord", put.formatted(HashKey.MAX))).contains("shardId-000000000001");
        assertThat(call("PutRecord", put.formatted("340282366920938463463374607431768211456")))
                .contains("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value"
                        + " was 340282366920938463463374607431768211456");
    }

    @Test
    void recordsAndRequestsHaveTheirLimits() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        String data = Base64.getEncoder().encodeToString(new byte[(1 << 20) - 1]);
        String fits = "{'PartitionKey': 'k', 'Data': '" + data + "'}";
        assertThat(call("PutRecord", "{'StreamName': 's', " + fits.substring(1)))
                .contains("SequenceNumber");
        assertThat(call("PutRecord", "{'StreamName': 's', " + fits.substring(1).replace("'k'", "'kk'")))
                .contains("ValidationException")
                .contains(
                        "at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576");
        assertThat(call(
                        "PutRecords",
                        "{'StreamName': 's', 'Records': ["
                                + String.join(",", List.of(fits, fits, fits, fits, fits, fits, fits, fits, fits, fits))
                                + "]}"))
                .contains("\"FailedRecordCount\":0");
        assertThat(call(
                        "PutRecords",
                        "{'StreamName': 's', 'Records': ["
                                + String.join(
                                        ",",
                                        List.of(
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                fits,
                                                "{'PartitionKey': 'k', 'Data': ''}"))
                                + "]}"))
                .contains("Records size exceeds 10 MB limit");
        String small = "{'PartitionKey': 'k', 'Data': ''},".repeat(501);
        assertThat(call(
                        "PutRecords",
                        "{'StreamName': 's', 'Records': [" + small.substring(0, small.length() - 1) + "]}"))
                .contains(
                        "at 'records' failed to satisfy constraint: Member must have length less than or equal to 500");
    }

    @Test
    void orderingNumbersMustBePossible() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 1}");
        String put = "{'StreamName': 's', 'PartitionKey': 'k', 'Data': '', 'SequenceNumberForOrdering': '%s'}";
        String number = valueOf("SequenceNumber", call("PutRecord", put.formatted("0")));
        assertThat(call("PutRecord", put.formatted(number))).contains("SequenceNumber\"");
        assertThat(call("PutRecord", put.formatted("9".repeat(57))))
                .contains("ExclusiveMinimumSequenceNumber " + "9".repeat(57) + " used in PutRecord on stream s under"
                        + " account 000000000000 is invalid.");
    }

    @Test
    void pageTokensAreForTheirListingOnly() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 3}");
        String token = valueOf("NextToken", call("ListShards", "{'StreamName': 's', 'MaxResults': 1}"));
        assertThat(call("ListShards", "{'NextToken': '" + token + "'}"))
                .contains("shardId-000000000001", "shardId-000000000002")
                .doesNotContain("shardId-000000000000", "NextToken");
        assertThat(call("ListStreams", "{'NextToken': '" + token + "'}")).contains("NextToken is invalid.");
        assertThat(call("ListShards", "{'StreamName': 's', 'NextToken': '" + token + "'}"))
                .contains("NextToken and StreamName cannot be provided together.");
    }

    @Test
    void membersThatExcludeNextTokenAreNamedAsGiven() throws Exception {
        call("CreateStream", "{'StreamName': 's', 'ShardCount': 3}");
        String token = valueOf("NextToken", call("ListShards", "{'StreamName': 's', 'MaxResults': 1}"));
        Map<String, String> others = Map.of(
                "StreamName", "'s'",
                "StreamARN", "'arn:aws:kinesis:us-east-1:000000000000:stream/s'",
                "ExclusiveStartShardId", "'shardId-000000000000'",
                "ShardFilter", "{'Type': 'AT_LATEST'}",
                "StreamCreationTimestamp", "1");
        for (Map.Entry<String, String> other : others.entrySet()) {
            assertThat(call(
                            "ListShards",
                            "{'NextToken': '" + token + "', '" + other.getKey() + "': " + other.getValue() + "}"))
                    .contains("NextToken and " + other.getKey() + " cannot be provided together.");
        }
        assertThat(call(
                        "ListShards",
                        "{'NextToken': '" + token + "', 'StreamARN': " + others.get("StreamARN")
                                + ", 'ExclusiveStartShardId': '0'}"))
                .contains("NextToken and StreamARN, ExclusiveStartShardId cannot be provided together.");
    }

    private String readAll(String shard) throws Exception {
        String iterator = valueOf(
                "ShardIterator",
                call(
                        "GetShardIterator",
                        "{'StreamName': 's', 'ShardId': '" + shard + "', 'ShardIteratorType': 'TRIM_HORIZON'}"));
        return call("GetRecords", "{'ShardIterator': '" + iterator + "'}");
    }

    private String call(String operation, String json) throws Exception {
        return send("POST", signed(operation), json.replace('\'', '"')).body;
    }

    private static Map<String, String> signed(String operation) {
        return Map.of(
                "Content-Type",
                JSON,
                "X-Amz-Target",
                target(operation),
                "X-Amz-Date",
                "20260101T000000Z",
                "Authorization",
                SIGNED);
    }

    private static String target(String operation) {
        return "Kinesis_20131202." + operation;
    }

    private Reply send(String method, Map<String, String> headers, String body) throws Exception {
        return send(method, "", headers, body);
    }

    private Reply send(String method, String query, Map<String, String> headers, String body) throws Exception {
        return send(method, query, headers, body.getBytes(UTF_8));
    }

    private Reply send(String method, String query, Map<String, String> headers, byte[] body) throws Exception {
        Map<String, String> byName = new HashMap<>();
        headers.forEach((name, value) -> byName.put(name.toLowerCase(Locale.ROOT), value));
        ApiRequest request = ApiRequest.local(
                method, "/any", query, name -> byName.get(name.toLowerCase(Locale.ROOT)), ByteBuffer.wrap(body));
        ApiAnswer answer = api.apply(request).get(20, TimeUnit.SECONDS);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ((ApiAnswer.Whole) answer.body()).writeTo(out);
        return new Reply(answer.status(), answer.headers(), out.toByteArray());
    }

    private static String valueOf(String member, String json) {
        Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(json);
        assertThat(matcher.find()).as("%s in %s", member, json).isTrue();
        return matcher.group(1);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    private static final class Reply {
        private final int status;
        private final Map<String, String> headers;
        private final byte[] raw;
        private final String body;

        Reply(int status, Map<String, String> headers, byte[] raw) {
            this.status = status;
            this.headers = headers;
            this.raw = raw;
            this.body = new String(raw, UTF_8);
        }
    }
}
