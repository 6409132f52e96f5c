package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.api.ApiRig.Reply;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The service's rules of HTTP, a line of the table each: the request, and the status, type and body of its answer. */
class HttpRulesTest {
    private static final String JSON = ApiRig.JSON;
    private static final String CBOR = "application/x-amz-cbor-1.1";
    private static final String LIST = "Kinesis_20131202.ListStreams";
    private static final String NONE = "";
    private static final String SIGNED = "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c";
    private static final String DENIED =
            "<AccessDeniedException>\n  <Message>Unable to determine service/operation name"
                    + " to be authorized</Message>\n</AccessDeniedException>\n";
    private static final String EMPTY_LIST = "{\"StreamNames\":[],\"HasMoreStreams\":false,\"StreamSummaries\":[]}";
    private static final String HEADER_FLAWS = "Authorization header requires 'Credential' parameter. Authorization"
            + " header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. ";
    private static final String QUERY_FLAWS = "AWS query-string parameters must include 'X-Amz-Credential'. AWS"
            + " query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include"
            + " 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string"
            + " parameters.";

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ApiRig rig;

    @BeforeEach
    void open() throws Exception {
        rig = new ApiRig(folder);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** A request with what its answer must be. */
    record Line(String method, String query, Map<String, String> headers, String body, Expected expected) {
        static Line post(String body, Expected expected, String... headers) {
            return new Line("POST", "", pairs(headers), body, expected);
        }

        Line with(String newQuery) {
            return new Line(method, newQuery, headers, body, expected);
        }

        @Override
        public String toString() {
            return method + " " + query + " " + headers + " " + body;
        }
    }

    record Expected(int status, String contentType, String body) {}

    private static Map<String, String> pairs(String... texts) {
        Map<String, String> pairs = new HashMap<>();
        for (int i = 0; i < texts.length; i += 2) {
            pairs.put(texts[i], texts[i + 1]);
        }
        return pairs;
    }

    private static Line signed(String target, String body, Expected expected) {
        return Line.post(
                body,
                expected,
                "Content-Type",
                JSON,
                "X-Amz-Target",
                "Kinesis_20131202." + target,
                "Authorization",
                SIGNED,
                "X-Amz-Date",
                "d");
    }

    private static Expected json(String type) {
        return new Expected(400, JSON, "{\"__type\":\"" + type + "\"}");
    }

    private static Expected json(String type, String message) {
        String key = type.equals("SerializationException") ? "Message" : "message";
        return new Expected(400, JSON, "{\"__type\":\"" + type + "\",\"" + key + "\":\"" + message + "\"}");
    }

    private static Expected cbor(String type) {
        char length = (char) type.length();
        String head = type.length() < 24 ? String.valueOf((char) (0x60 + length)) : "x" + length;
        return new Expected(400, CBOR, "\u00bff__type" + head + type + "\u00ff");
    }

    private static Expected old(int status, String type) {
        return new Expected(
                status,
                "application/json",
                "{\"Output\":{\"__type\":\"com.amazon.coral.service#" + type + "\"},\"Version\":\"1.0\"}");
    }

    static Stream<Line> checkOrder() {
        Expected denied = new Expected(403, NONE, DENIED);
        Expected unknownXml = new Expected(404, NONE, "<UnknownOperationException/>\n");
        return Stream.of(
                // (2) Not POST.
                new Line("GET", "", Map.of(), "", denied),
                new Line("PUT", "", Map.of("Content-Type", JSON), "{}", denied),
                new Line("OPTIONS", "", Map.of(), "", denied),
                // (3) No body: in CBOR, unless the content type is JSON 1.1.
                Line.post("", cbor("UnknownOperationException")),
                Line.post("", cbor("UnknownOperationException"), "Content-Type", "application/json"),
                Line.post("", cbor("UnknownOperationException"), "X-Amz-Target", "A.B"),
                Line.post("", cbor("SerializationException"), "X-Amz-Target", LIST),
                Line.post("", cbor("SerializationException"), "X-Amz-Target", LIST, "Content-Type", CBOR),
                Line.post("", json("SerializationException"), "X-Amz-Target", LIST, "Content-Type", JSON),
                Line.post("", json("UnknownOperationException"), "Content-Type", JSON),
                // (4) Strange content types.
                Line.post("{}", denied),
                Line.post("{}", denied, "Content-Type", "text/xml"),
                Line.post("{}", denied, "Content-Type", "text/xml", "X-Amz-Target", "Kinesis_20131202"),
                Line.post("{}", denied, "Content-Type", "text/xml", "X-Amz-Target", "Kinesis_20131202."),
                Line.post("{}", unknownXml, "Content-Type", "text/xml", "X-Amz-Target", "Kinesis_20131202.ListStreams"),
                Line.post("{}", unknownXml, "Content-Type", "application/x-amz-json-1.0", "X-Amz-Target", "A.B"),
                // (5) Unparsable bodies, before everything that comes after.
                Line.post("{", json("SerializationException"), "Content-Type", JSON),
                Line.post("{} {}", json("SerializationException"), "Content-Type", JSON, "X-Amz-Target", LIST),
                Line.post("'a'", json("SerializationException"), "Content-Type", JSON, "X-Amz-Target", LIST),
                Line.post("1", json("SerializationException"), "Content-Type", JSON, "X-Amz-Target", LIST),
                Line.post("{", cbor("SerializationException"), "Content-Type", CBOR, "X-Amz-Target", LIST),
                // (6) The protocol before this one.
                Line.post("{", old(400, "SerializationException"), "Content-Type", "application/json"),
                Line.post("{}", old(404, "UnknownOperationException"), "Content-Type", "application/json"),
                Line.post(
                        "{}",
                        old(404, "UnknownOperationException"),
                        "Content-Type",
                        "application/json;charset=x",
                        "X-Amz-Target",
                        LIST),
                // (7) Unknown targets, before the authorization.
                Line.post("{}", json("UnknownOperationException"), "Content-Type", JSON),
                Line.post("{}", json("UnknownOperationException"), "Content-Type", JSON, "X-Amz-Target", "ListStreams"),
                Line.post(
                        "{}",
                        json("UnknownOperationException"),
                        "Content-Type",
                        JSON,
                        "X-Amz-Target",
                        "Kinesis_20131202.CreateNothing"),
                Line.post(
                        "{}",
                        json("UnknownOperationException"),
                        "Content-Type",
                        " " + JSON + " ; charset=utf-8",
                        "X-Amz-Target",
                        "x." + "ListStreams"));
    }

    static Stream<Line> authorization() {
        Map<String, String> plain = pairs("Content-Type", JSON, "X-Amz-Target", LIST);
        String noDate = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        Expected ok = new Expected(200, JSON, EMPTY_LIST);
        Expected queryFlaws = json("IncompleteSignatureException", QUERY_FLAWS);
        return Stream.of(
                Line.post(
                        "{}",
                        json("MissingAuthenticationTokenException", "Missing Authentication Token"),
                        "Content-Type",
                        JSON,
                        "X-Amz-Target",
                        LIST),
                authorized(plain, "x", json("IncompleteSignatureException", HEADER_FLAWS + noDate + "Authorization=x")),
                authorized(plain, SIGNED, json("IncompleteSignatureException", noDate + "Authorization=" + SIGNED)),
                authorized(plain, SIGNED, ok, "Date", "d"),
                authorized(plain, SIGNED.replace(", ", ","), ok, "X-Amz-Date", "d"),
                authorized(plain, SIGNED.replace(",", ""), ok, "X-Amz-Date", "d"),
                authorized(
                                plain,
                                SIGNED,
                                json(
                                        "InvalidSignatureException",
                                        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as"
                                                + " HTTP header."),
                                "X-Amz-Date",
                                "d")
                        .with("X-Amz-Algorithm=a"),
                new Line("POST", "X-Amz-Algorithm=a", plain, "{}", queryFlaws),
                new Line("POST", "b=c&X-Amz-Algorithm=a&d", plain, "{}", queryFlaws),
                new Line(
                        "POST",
                        "X-Amz-Algorithm",
                        plain,
                        "{}",
                        json(
                                "IncompleteSignatureException",
                                "AWS query-string parameters must include 'X-Amz-Algorithm'. " + QUERY_FLAWS)),
                new Line(
                        "POST",
                        "X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=e",
                        plain,
                        "{}",
                        ok));
    }

    private static Line authorized(Map<String, String> plain, String value, Expected expected, String... more) {
        Map<String, String> headers = new HashMap<>(plain);
        headers.put("Authorization", value);
        headers.putAll(pairs(more));
        return new Line("POST", "", headers, "{}", expected);
    }

    static Stream<Line> typesAndConstraints() {
        String number = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to ";
        return Stream.of(
                // (9) Types, with a Message that has a capital letter.
                signed(
                        "CreateStream",
                        "{'StreamName': true, 'ShardCount': 'x'}",
                        json("SerializationException", "class java.lang.Boolean can not be converted to an String")),
                signed("CreateStream", "{'StreamName': 1}", json("SerializationException", number + "an String")),
                signed("PutRecord", "{'Data': 1}", json("SerializationException", number + "a Blob")),
                signed(
                        "PutRecord",
                        "{'Data': 'abcde'}",
                        json(
                                "SerializationException",
                                "'abcde' can not be converted to a Blob: Base64 encoded length is expected a multiple of"
                                        + " 4 bytes but found: 5")),
                signed(
                        "PutRecord",
                        "{'Data': '=x=='}",
                        json(
                                "SerializationException",
                                "'=x==' can not be converted to a Blob: Invalid Base64 character: '='")),
                signed(
                        "PutRecord",
                        "{'Data': '+/x='}",
                        json(
                                "SerializationException",
                                "'+/x=' can not be converted to a Blob: Invalid last non-pad Base64 character"
                                        + " dectected")),
                signed("PutRecords", "{'Records': 1}", json("SerializationException", "Expected list or null")),
                signed(
                        "PutRecords",
                        "{'Records': {}}",
                        json("SerializationException", "Start of structure or map found where not expected.")),
                signed("AddTagsToStream", "{'Tags': 'a'}", json("SerializationException", "Expected map or null")),
                signed(
                        "AddTagsToStream",
                        "{'Tags': []}",
                        json("SerializationException", "Start of list found where not expected")),
                signed("CreateStream", "{'StreamModeDetails': 1}", json("SerializationException", "Expected null")),
                signed(
                        "GetShardIterator",
                        "{'Timestamp': 'x'}",
                        json(
                                "SerializationException",
                                "class java.lang.String can not be converted to milliseconds since epoch")),
                // (10) Constraints.
                signed(
                        "RemoveTagsFromStream",
                        "{'StreamName': 's', 'TagKeys': ['a', '']}",
                        violation(
                                "1",
                                "Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy"
                                        + " constraint: [Member must have length less than or equal to 128, Member must have"
                                        + " length greater than or equal to 1]")),
                signed(
                        "EnableEnhancedMonitoring",
                        "{'StreamName': 's', 'ShardLevelMetrics': ['X']}",
                        violation(
                                "1",
                                "Value '[X]' at 'shardLevelMetrics' failed to satisfy constraint: Member must"
                                        + " satisfy constraint: [Member must satisfy enum value set: [IncomingBytes,"
                                        + " IncomingRecords, OutgoingBytes, OutgoingRecords, WriteProvisionedThroughputExceeded,"
                                        + " ReadProvisionedThroughputExceeded, IteratorAgeMilliseconds, ALL]]")),
                signed(
                        "AddTagsToStream",
                        "{'StreamName': 's', 'Tags': {'': 'b'}}",
                        violation(
                                "1",
                                "Value '{=b}' at 'tags' failed to satisfy constraint: Map keys must satisfy"
                                        + " constraint: [Member must have length less than or equal to 128, Member must have"
                                        + " length greater than or equal to 1]")),
                signed(
                        "UpdateShardCount",
                        "{'StreamName': 's', 'TargetShardCount': 0.9, 'ScalingType': 'X'}",
                        violation(
                                "2",
                                "Value 'X' at 'scalingType' failed to satisfy constraint: Member must satisfy enum value"
                                        + " set: [UNIFORM_SCALING]; Value '0' at 'targetShardCount' failed to satisfy"
                                        + " constraint: Member must have value greater than or equal to 1")),
                signed(
                        "UpdateStreamMode",
                        "{'StreamARN': null, 'StreamModeDetails': {}}",
                        violation(
                                "2",
                                "Value null at 'streamARN' failed to satisfy constraint: Member must not be null; Value"
                                        + " null at 'streamModeDetails.streamMode' failed to satisfy constraint: Member"
                                        + " must not be null")),
                signed(
                        "UpdateAccountSettings",
                        "{}",
                        violation(
                                "1",
                                "Value null at 'minimumThroughputBillingCommitment' failed to satisfy constraint: Member"
                                        + " must not be null")),
                signed(
                        "TagResource",
                        "{'ResourceARN': 'arn', 'Tags': {'a': 'b'}}",
                        violation(
                                "1",
                                "Value 'arn' at 'resourceARN' failed to satisfy constraint: Member must satisfy regular"
                                        + " expression pattern: arn:aws.*:kinesis:.*:\\\\d{12}:.*stream/\\\\S+")),
                // Clamped before it is checked, unknown members ignored, nothing is something missing.
                signed(
                        "ListStreams",
                        "{'Limit': 1e99}",
                        violation(
                                "1",
                                "Value '2147483647' at 'limit' failed to satisfy constraint: Member must have"
                                        + " value less than or equal to 10000")),
                signed("ListStreams", "{'Limit': null, 'DryRun': [1]}", new Expected(200, JSON, EMPTY_LIST)));
    }

    private static Expected violation(String count, String text) {
        String errors = count.equals("1") ? " validation error detected: " : " validation errors detected: ";
        return json("ValidationException", count + errors + text);
    }

    @ParameterizedTest
    @MethodSource({"checkOrder", "authorization", "typesAndConstraints"})
    void everyLineHolds(Line line) throws Exception {
        Reply reply = send(line, Map.of());
        assertThat(reply.body()).isEqualTo(line.expected.body);
        assertThat(reply.status()).isEqualTo(line.expected.status);
        assertThat(reply.headers().getOrDefault("content-type", NONE)).isEqualTo(line.expected.contentType);
        assertThat(UUID.fromString(reply.headers().get("x-amzn-requestid")).version())
                .isEqualTo(4);
        assertThat(Base64.getDecoder().decode(reply.headers().get("x-amz-id-2")))
                .hasSizeBetween(64, 80);
        assertThat(reply.headers()).doesNotContainKey("access-control-allow-origin");
    }

    @ParameterizedTest
    @MethodSource({"checkOrder", "authorization", "typesAndConstraints"})
    void browsersMayReadEveryAnswer(Line line) throws Exception {
        if (line.method.equals("OPTIONS")) {
            return;
        }
        assertThat(send(line, Map.of("Origin", "http://x")).headers())
                .containsEntry("access-control-allow-origin", "*")
                .containsEntry(
                        "access-control-expose-headers",
                        "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date");
    }

    @Test
    void preflightsAreAnsweredBeforeAllElse() throws Exception {
        Reply reply = send(
                new Line("OPTIONS", "", Map.of("Content-Type", "x"), "{", new Expected(200, NONE, "")),
                Map.of(
                        "Origin",
                        "http://x",
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        "x-amz-target"));
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEmpty();
        assertThat(reply.headers())
                .containsEntry("access-control-max-age", "172800")
                .containsEntry("access-control-allow-methods", "POST")
                .containsEntry("access-control-allow-headers", "x-amz-target")
                .containsKey("x-amzn-requestid")
                .doesNotContainKeys("x-amz-id-2", "content-type");
    }

    @Test
    void atMostTenViolationsAreNamed() throws Exception {
        String records = String.join(",", Collections.nCopies(6, "{}"));
        String body = rig.call("PutRecords", "{'StreamName': 's', 'Records': [" + records + "]}")
                .body();
        assertThat(body).contains("12 validation errors detected");
        assertThat(body.split("; ", -1)).hasSize(10);
    }

    @Test
    void aNameOfManyMegabytesIsRefusedAtOnce() throws Exception {
        String arn = "arn:aws" + ":kinesis:000000000000:stream/".repeat(100_000) + " ";
        for (String operation : List.of("TagResource", "ListTagsForResource", "GetResourcePolicy")) {
            assertThat(rig.call(operation, "{'ResourceARN': '" + arn + "'}").body())
                    .contains("Member must have length less than or equal to 2048");
        }
    }

    private Reply send(Line line, Map<String, String> more) throws Exception {
        Map<String, String> headers = new HashMap<>(line.headers);
        headers.putAll(more);
        return rig.send(
                line.method, line.query, headers, line.body.replace('\'', '"').getBytes(UTF_8));
    }
}
