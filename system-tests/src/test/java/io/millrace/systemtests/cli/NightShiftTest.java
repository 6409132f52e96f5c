package io.millrace.systemtests.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.consumer.health.ShardPhase;
import io.millrace.consumer.health.WorkerHealth.ShardHealth;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.model.Position;
import io.millrace.model.StreamRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * What a person sees at night: one shard's processor throws, one hangs, one is slow, and a worker is killed. All that is
 * known of it comes from {@code millrace leases}.
 */
@Timeout(150)
class NightShiftTest {
    private static final Duration FAILOVER = Duration.ofSeconds(3);
    private static final int SHARDS = 6;
    private static final int EACH = 100;
    private static final String POISON = "poison";

    @TempDir
    Path folder;

    private final Map<String, Role> roles = new ConcurrentHashMap<>();
    private final Set<String> processed = ConcurrentHashMap.newKeySet();
    private final CountDownLatch morning = new CountDownLatch(1);
    private LocalStack stack;

    /** How a shard's processor is. */
    private enum Role {
        THROWS,
        HANGS,
        IS_SLOW
    }

    @BeforeEach
    void start() {
        stack = new LocalStack(folder);
    }

    @AfterEach
    void stop() {
        morning.countDown();
        stack.close();
    }

    @Test
    void fourTroublesAreNamedWithTheirCausesAndThePoisonIsSkipped() {
        stack.createStream("orders", SHARDS);
        try (Worker worker = worker()) {
            worker.start();
            try (CommandRun other = stack.start(
                    Map.of(), "consume", "orders", "--app", "app", "--worker-id", "doomed", "--failover", "3")) {
                await(text -> text.contains("doomed") && owned(text, "night") == 3 && owned(text, "doomed") == 3);
                List<String> mine = Pattern.compile("(?m)^  orders/(\\S+) +night ")
                        .matcher(leases())
                        .results()
                        .map(found -> found.group(1))
                        .toList();
                roles.putAll(Map.of(
                        mine.get(0), Role.THROWS,
                        mine.get(1), Role.HANGS,
                        mine.get(2), Role.IS_SLOW));
                put();
                other.kill();

                String seen = await(text -> text.contains("throws: ")
                        && text.contains("hangs: ")
                        && text.contains("slow: ")
                        && text.contains("worker doomed gone: it died")
                        && owned(text, "night") == SHARDS);
                assertThat(seen)
                        .containsPattern("orders/" + mine.get(0) + " throws: \\d+ times in \\d+s, at \\d+ records, "
                                + "processRecords threw java.lang.IllegalStateException at "
                                + "io.millrace.systemtests.cli.NightShiftTest.process\\(NightShiftTest.java:\\d+\\)")
                        .containsPattern(
                                "orders/" + mine.get(1) + " hangs: processRecords has not returned for \\d+s, at "
                                        + "io.millrace.systemtests.cli.NightShiftTest.process\\(NightShiftTest.java:\\d+\\)")
                        .containsPattern("orders/" + mine.get(2)
                                + " slow: \\d+s behind and growing: the processor is busy" + " \\d+ % of the time")
                        .doesNotContain(POISON);
                assertThat(seen.lines().filter(line -> line.startsWith("  "))).allMatch(line -> line.length() <= 80);
                assertThat(seen).doesNotContain("\u001b");
                skipThePoison(mine.get(0), mine.get(2));
            }
            morning.countDown();
        }
    }

    @Test
    void pausesAreWrittenShownAndEnded() {
        stack.createStream("orders", 2);
        try (Worker worker = worker()) {
            worker.start();
            await(text -> owned(text, "night") == 2);
            String shard = "shardId-000000000001";

            assertThat(stack.expect(0, "leases", "pause", "app", shard).out())
                    .isEqualTo("orders/" + shard + " is paused\n");
            await(text -> phases(worker).equals(List.of(ShardPhase.FETCHING, ShardPhase.PAUSED)));
            assertThat(leases())
                    .containsPattern("\norders/" + shard + " is paused since 20\\S+ by \\S+@\\S+\n")
                    .containsPattern("\n  orders/" + shard + " night .* paused\n")
                    .containsPattern("\n  orders/shardId-000000000000 night .* ok\n");
            assertThat(stack.expect(0, "leases", "pause", "app").out()).isEqualTo("app is paused\n");
            assertThat(stack.expect(1, "leases", "resume", "app", shard).err())
                    .contains("the whole application is paused, nothing was changed");
            assertThat(leases("--json")).contains("\"state\":\"PAUSED\"").doesNotContain("\"paused\":null");
            await(text -> phases(worker).equals(List.of(ShardPhase.PAUSED, ShardPhase.PAUSED)));
            assertThat(stack.expect(0, "leases", "resume", "app").out()).isEqualTo("app goes on\n");
            await(text -> phases(worker).equals(List.of(ShardPhase.FETCHING, ShardPhase.FETCHING)));
            assertThat(leases()).doesNotContain("paused");
            assertThat(stack.expect(1, "leases", "pause", "nobody").err())
                    .contains("there is no application 'nobody' in table 'millrace'");
            assertThat(stack.expect(1, "leases", "pause", "app", "shardId-000000000007")
                            .err())
                    .contains("has no lease of shardId-000000000007");
            assertThat(stack.expect(2, "leases", "pause", "app", "--stream", "orders")
                            .err())
                    .contains("--stream says which SHARD");
        }
    }

    private static List<ShardPhase> phases(Worker worker) {
        return worker.health().shards().stream().map(ShardHealth::state).toList();
    }

    private void skipThePoison(String shard, String slow) {
        String poison = matched(leases("--json"), "\"shard\":\"" + shard + "\".*?\"first\":\"(\\d+)\"");
        String foreign = matched(leases("--json"), "\"shard\":\"" + slow + "\".*?\"sequenceNumber\":\"(\\d+)\"");

        assertThat(stack.expect(1, "skip", "app", shard, "--to", foreign, "--yes")
                        .err())
                .contains("orders/" + shard + " has no record " + foreign);
        assertThat(stack.expect(1, "skip", "app", shard, "--to", poison).err())
                .contains("Skip them for good? [yes/no]", "not confirmed, nothing was changed");
        assertThat(stack.expect(1, "skip", "app", "shardId-000000000099", "--to", poison, "--yes")
                        .err())
                .contains("has no lease of shardId-000000000099");
        assertThat(stack.expect(1, "skip", "app", shard, "--to", poison + "/3", "--yes")
                        .err())
                .contains("has no record " + poison + "/3: the last within " + poison + " is " + poison);
        assertThat(stack.expect(2, "skip", "app", shard, "--to", poison + "/x", "--yes")
                        .err())
                .contains("'x' is no place within an aggregate");
        assertThat(processed).doesNotContain(shard + " " + (EACH - 1));

        CommandResult skipped = stack.expect(0, "skip", "app", shard, "--to", poison, "--stream", "orders", "--yes");
        assertThat(skipped.out())
                .contains("orders/" + shard + ", owned by night, epoch ")
                .contains("  to be skipped   1 record, the last is " + poison)
                .contains("skipped 1 record; whoever takes the lease begins behind them");
        await(text -> !text.contains(shard + " throws") && processed.contains(shard + " " + (EACH - 1)));
        assertThat(processed).contains(shard + " 1").doesNotContain(shard + " 0");
        assertThat(leases("--why"))
                .containsPattern("  skipped: 20\\S+Z by \\S+@\\S+: from trim_horizon to " + poison
                        + ", 1 record, taken from night#\\w+, epoch \\d+\n");
        assertThat(stack.expect(1, "skip", "app", shard, "--to", poison, "--yes")
                        .err())
                .contains("a skip goes forwards only");
    }

    private Worker worker() {
        return Worker.builder().application("app").stream("orders")
                .workerName("night")
                .initialPosition(Position.trimHorizon())
                .failoverTime(FAILOVER)
                .stuckAfter(Duration.ofSeconds(5))
                .maxRecordsPerBatch(10)
                .kinesisClient(stack.kinesis)
                .dynamoDbClient(stack.dynamoDb)
                .processor(() -> this::process)
                .build();
    }

    private void process(RecordBatch batch) throws InterruptedException {
        String shard = batch.shard().shard().value();
        Role role = roles.get(shard);
        for (StreamRecord record : batch.records()) {
            String text = record.data().toUtf8();
            if (role == Role.THROWS && text.equals(POISON)) {
                throw new IllegalStateException("cannot digest " + text);
            }
            processed.add(shard + " " + text);
        }
        if (role == Role.HANGS) {
            morning.await();
        }
        if (role == Role.IS_SLOW && morning.await(2, TimeUnit.SECONDS)) {
            processed.add(shard);
        }
    }

    /** In each shard records 1 to 99, one behind the other, behind a poison in that which throws. */
    private void put() {
        List<String> starts = stack.kinesis.listShards(request -> request.streamName("orders")).join().shards().stream()
                .map(shard -> shard.shardId() + " " + shard.hashKeyRange().startingHashKey())
                .toList();
        for (String start : starts) {
            String shard = start.substring(0, start.indexOf(' '));
            String hashKey = start.substring(start.indexOf(' ') + 1);
            stack.kinesis
                    .putRecords(request -> request.streamName("orders")
                            .records(IntStream.range(0, EACH)
                                    .mapToObj(i -> i == 0 && roles.get(shard) == Role.THROWS ? POISON : "" + i)
                                    .map(text -> PutRecordsRequestEntry.builder()
                                            .partitionKey("key")
                                            .explicitHashKey(hashKey)
                                            .data(SdkBytes.fromUtf8String(text))
                                            .build())
                                    .toList()))
                    .join();
        }
    }

    private static long owned(String text, String worker) {
        return Pattern.compile("(?m)^  orders/shardId-\\d+ +" + worker + " ")
                .matcher(text)
                .results()
                .count();
    }

    /** Each look watches heartbeats for a moment, so nothing need be slept. */
    private String await(Predicate<String> enough) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        String text = leases();
        while (!enough.test(text)) {
            assertThat(System.nanoTime()).as(text).isLessThan(deadline);
            text = leases();
        }
        return text;
    }

    private String leases(String... more) {
        String[] arguments = new String[4 + more.length];
        System.arraycopy(new String[] {"leases", "app", "--failover", "3"}, 0, arguments, 0, 4);
        System.arraycopy(more, 0, arguments, 4, more.length);
        CommandResult result = stack.run(arguments);
        return result.out();
    }

    private static String matched(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }
}
