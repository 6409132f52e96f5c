package io.millrace.streamcore.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
        String body = OddRequests.body(random, tokens);
        // CBOR has no way to write half a surrogate pair.
        boolean isCbor = random.nextInt(4) == 0 && !body.contains("\\ud800");
        byte[] bytes = isCbor ? OddRequests.cbor(body) : body.getBytes(UTF_8);
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
}
