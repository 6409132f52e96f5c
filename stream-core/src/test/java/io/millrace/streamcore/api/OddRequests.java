package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Bodies of requests with all members that the service knows, each with a good value or an odd one. Stateless. */
public final class OddRequests {
    private static final List<String> SHARDS = List.of("0", "1", "shardId-000000000002", "x", "x-9", "shardId-", "-");
    private static final List<String> HASH_KEYS =
            List.of("170141183460469231731687303715884105728", "0", "1", "9".repeat(39), "-1", "");
    private static final List<String> NUMBERS = List.of("0", "1", "9".repeat(56), "9".repeat(129), "4".repeat(56), "x");
    private static final List<String> WHOLES = List.of("1", "0", "3", "10000", "2147483647", "-1", "1e99", "0.5");
    private static final List<String> TIMES = List.of("0", "-1e300", "1e300", "1", "1700000000.5", "4000000000");
    private static final List<String> NAMES = List.of("s", "t", "a b", "", ".");
    private static final List<String> ARNS = List.of(
            "arn:aws:kinesis:us-east-1:000000000000:stream/s",
            "arn:aws:kinesis:us-east-1:000000000000:stream/\u00e9",
            "arn:aws-cn:kinesis:x:000000000000:stream/s",
            "arn:aws:x:kinesis:us-east-1:000000000000:stream/s",
            "s");

    private static final Map<String, List<String>> VALUES = Map.ofEntries(
            Map.entry("StreamName", quoted(NAMES)),
            Map.entry("StreamARN", quoted(ARNS)),
            Map.entry("StreamId", quoted(List.of("abcdefghij0123456789-abc", "x"))),
            Map.entry(
                    "ResourceARN",
                    quoted(List.of(
                            ARNS.get(0),
                            ARNS.get(0) + "/consumer/c:1",
                            ARNS.get(0) + "/consumer/",
                            "arn:aws:kinesis:us-east-1:000000000000:stream//consumer/c:1",
                            "arn:aws:kinesis:us-east-1:000000000000:x/stream/s",
                            "s"))),
            Map.entry(
                    "ConsumerARN",
                    quoted(List.of(ARNS.get(0) + "/consumer/c:1", ARNS.get(0) + "/consumer/c:" + "9".repeat(30), "s"))),
            Map.entry("ConsumerName", quoted(List.of("c", "d", "a b"))),
            Map.entry(
                    "StreamModeDetails",
                    List.of("{\"StreamMode\":\"PROVISIONED\"}", "{\"StreamMode\":\"ON_DEMAND\"}", "{}", "[]")),
            Map.entry("WarmThroughputMiBps", List.of("0", "2", "50", "10241", "2147483647", "-1")),
            Map.entry("MaxRecordSizeInKiB", List.of("1024", "10240", "10241", "1e99")),
            Map.entry("RetentionPeriodHours", List.of("24", "8760", "48", "0", "-2147483648", "1e99")),
            Map.entry("TargetShardCount", List.of("2", "3", "4", "1", "0", "2147483647", "0.5")),
            Map.entry("ScalingType", quoted(List.of("UNIFORM_SCALING", "OTHER"))),
            Map.entry("EncryptionType", quoted(List.of("KMS", "NONE", "AES"))),
            Map.entry("KeyId", quoted(List.of("alias/aws/kinesis", "\u00e9", ""))),
            Map.entry("ShardLevelMetrics", List.of("[\"ALL\"]", "[\"IncomingBytes\"]", "[]", "[\"x\"]", "[null]")),
            Map.entry(
                    "Tags",
                    List.of(
                            "{\"a\":\"b\"}",
                            "{\"\u00e9 :/\":\"\"}",
                            "{\"*\":\"b\"}",
                            "{\"aws:x\":\"b\"}",
                            "{\"a\":null}",
                            "{\"millrace:quotas\":\"x\"}",
                            "{}",
                            fiftyOneTags())),
            Map.entry("TagKeys", List.of("[\"a\"]", "[\"*\"]", "[]", "[\"\"]")),
            Map.entry("ExclusiveStartTagKey", quoted(List.of("a", "", "z"))),
            Map.entry("Policy", quoted(List.of("{}", "{\\\"a\\\":[1,{}]}", "[]", "x", "{", ""))),
            Map.entry(
                    "MinimumThroughputBillingCommitment",
                    List.of("{\"Status\":\"ENABLED\"}", "{\"Status\":\"DISABLED\"}", "{\"Status\":\"x\"}", "{}")),
            Map.entry(
                    "StartingPosition",
                    List.of(
                            "{\"Type\":\"LATEST\"}",
                            "{\"Type\":\"AT_SEQUENCE_NUMBER\"}",
                            "{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":1e300}",
                            "{}")),
            Map.entry("EnforceConsumerDeletion", List.of("true", "false", "1")),
            Map.entry("ShardCount", List.of("1", "0", "2", "2147483647", "30000")),
            Map.entry("Limit", WHOLES),
            Map.entry("MaxResults", WHOLES),
            Map.entry("ShardId", quoted(SHARDS)),
            Map.entry("ShardToSplit", quoted(SHARDS)),
            Map.entry("ShardToMerge", quoted(SHARDS)),
            Map.entry("AdjacentShardToMerge", quoted(SHARDS)),
            Map.entry("ExclusiveStartShardId", quoted(SHARDS)),
            Map.entry("ExclusiveStartStreamName", quoted(NAMES)),
            Map.entry("NewStartingHashKey", quoted(HASH_KEYS)),
            Map.entry("ExplicitHashKey", quoted(HASH_KEYS)),
            Map.entry("StartingSequenceNumber", quoted(NUMBERS)),
            Map.entry("SequenceNumberForOrdering", quoted(NUMBERS)),
            Map.entry("Timestamp", TIMES),
            Map.entry("StreamCreationTimestamp", TIMES),
            Map.entry(
                    "PartitionKey",
                    quoted(List.of("k", "", "\\ud800", "\\u0000", "\u00e9".repeat(256), "k".repeat(257)))),
            Map.entry("Data", quoted(List.of("AQID", "", "AQI", "*"))),
            Map.entry("Records", List.of("[{\"Data\":\"AQID\",\"PartitionKey\":\"k\"}]", "[]", "[null]", "[{}]", "{}")),
            Map.entry(
                    "ShardIteratorType",
                    quoted(List.of(
                            "LATEST",
                            "TRIM_HORIZON",
                            "AT_TIMESTAMP",
                            "AT_SEQUENCE_NUMBER",
                            "AFTER_SEQUENCE_NUMBER",
                            "latest"))),
            Map.entry(
                    "ShardFilter",
                    List.of(
                            "{\"Type\":\"AT_LATEST\"}",
                            "{}",
                            "{\"Type\":\"AFTER_SHARD_ID\"}",
                            "{\"Type\":\"AFTER_SHARD_ID\",\"ShardId\":\"1\"}",
                            "{\"Type\":\"AT_TIMESTAMP\",\"Timestamp\":-1e300}",
                            "{\"Type\":\"FROM_TIMESTAMP\",\"Timestamp\":1e300}")));

    private OddRequests() {}

    /** A body in JSON; {@code tokens} are iterators and page tokens that it may use. */
    public static String body(SplittableRandom random, List<String> tokens) {
        List<String> members = new ArrayList<>();
        for (Map.Entry<String, List<String>> member : new TreeMap<>(VALUES).entrySet()) {
            if (random.nextInt(4) > 0) {
                List<String> values = member.getValue();
                // The first is a good one, and more often than not, so that many requests get past the checks.
                int index = random.nextInt(10) < 7 ? 0 : random.nextInt(values.size());
                members.add("\"" + member.getKey() + "\":" + values.get(index));
            }
        }
        if (random.nextInt(2) == 0) {
            String token = tokens.get(random.nextInt(tokens.size()));
            members.add("\"" + (random.nextBoolean() ? "ShardIterator" : "NextToken") + "\":\"" + token + "\"");
        }
        return "{" + String.join(",", members) + "}";
    }

    /** The same request in CBOR: numbers and texts as they are, data as bytes. */
    public static byte[] cbor(String json) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonParser parser = new JsonFactory().createParser(json);
                JsonGenerator generator = new CBORFactory().createGenerator(out)) {
            String name = "";
            while (parser.nextToken() != null) {
                name = parser.currentToken() == JsonToken.FIELD_NAME ? parser.getText() : name;
                if (parser.currentToken() == JsonToken.VALUE_STRING && name.equals("Data")) {
                    generator.writeBinary(parser.getText().getBytes(UTF_8));
                } else {
                    generator.copyCurrentEvent(parser);
                }
            }
        }
        return out.toByteArray();
    }

    private static String fiftyOneTags() {
        return IntStream.range(0, 51).mapToObj(i -> "\"t" + i + "\":\"\"").collect(Collectors.joining(",", "{", "}"));
    }

    private static List<String> quoted(List<String> texts) {
        return texts.stream().map(text -> "\"" + text + "\"").toList();
    }
}
