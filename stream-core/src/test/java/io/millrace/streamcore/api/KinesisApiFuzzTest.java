package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.input.ServiceInputs;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.StreamsSettings;
import io.millrace.streamcore.stream.account.Account;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests put together from odd but well-formed values get an answer, and never the one for the server's own fault. */
class KinesisApiFuzzTest {
    private static final int SEEDS = 5_000;
    private static final int MORE_SEEDS = 20_000;
    private static final Pattern TOKEN =
            Pattern.compile("\"(ShardIterator|NextShardIterator|NextToken)\":\"([^\"]*)\"");
    private static final List<String> OPERATIONS =
            ServiceInputs.all().keySet().stream().sorted().toList();
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

    private final List<String> tokens = new ArrayList<>(List.of("AAAA", ""));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void oddRequestsAreAnsweredOrRefused() throws Exception {
        tryAll(0, SEEDS);
    }

    @Test
    @Tag("slow")
    void moreOddRequestsAreAnsweredOrRefused() throws Exception {
        tryAll(SEEDS, MORE_SEEDS);
    }

    private void tryAll(long from, long to) throws Exception {
        Platform platform = new SystemPlatform();
        try (Streams streams = Streams.open(StreamsSettings.in(folder, platform)
                .withTransitionTime(Duration.ZERO)
                .withLimits(200, 10)
                .withLog(LogSettings.DEFAULTS.withFsync(FsyncPolicy.NEVER)))) {
            KinesisApi api = new KinesisApi(
                    streams,
                    new Account("us-east-1", "000000000000"),
                    TokenSeal.of(folder.resolve("key")),
                    platform,
                    ApiOptions.NONE);
            streams.create(new StreamName("s"), 2).get(20, TimeUnit.SECONDS);
            Long only = Long.getLong("seed");
            for (long seed : (only == null ? LongStream.range(from, to) : LongStream.of(only)).toArray()) {
                tryOne(api, seed);
            }
        }
    }

    private void tryOne(KinesisApi api, long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        String operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
        if (operation.equals("DeleteStream") && random.nextInt(20) > 0) {
            // Else there would be no stream most of the time.
            return;
        }
        String body = body(random);
        // CBOR has no way to write half a surrogate pair.
        boolean isCbor = random.nextInt(4) == 0 && !body.contains("\\ud800");
        byte[] bytes = isCbor ? cbor(body) : body.getBytes(UTF_8);
        ApiAnswer answer =
                api.apply(request(operation, isCbor ? "cbor" : "json", bytes)).get(20, TimeUnit.SECONDS);
        if (!(answer.body() instanceof ApiAnswer.Whole)) {
            return;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ((ApiAnswer.Whole) answer.body()).writeTo(out);
        assertThat(answer.status())
                .as("seed %s: %s %s -> %s", seed, operation, body, out.toString(UTF_8))
                .isLessThan(500);
        Matcher token = TOKEN.matcher(out.toString(UTF_8));
        if (token.find()) {
            tokens.add(token.group(2));
        }
    }

    private String body(SplittableRandom random) {
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

    private static ApiRequest request(String operation, String encoding, byte[] body) {
        Map<String, String> headers = Map.of(
                "content-type",
                "application/x-amz-" + encoding + "-1.1",
                "x-amz-target",
                "Kinesis_20131202." + operation,
                "x-amz-date",
                "x",
                "authorization",
                "AWS4-HMAC-SHA256 Credential=k, SignedHeaders=h, Signature=s");
        return ApiRequest.local(
                "POST", "/", "", name -> headers.get(name.toLowerCase(Locale.ROOT)), ByteBuffer.wrap(body));
    }

    private static String fiftyOneTags() {
        return IntStream.range(0, 51).mapToObj(i -> "\"t" + i + "\":\"\"").collect(Collectors.joining(",", "{", "}"));
    }

    /** The same request in CBOR: numbers and texts as they are, data as bytes. */
    private static byte[] cbor(String json) throws IOException {
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

    private static List<String> quoted(List<String> texts) {
        return texts.stream().map(text -> "\"" + text + "\"").toList();
    }
}
