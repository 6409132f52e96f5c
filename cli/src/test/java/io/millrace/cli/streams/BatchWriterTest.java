package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.model.Bytes;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

class BatchWriterTest {
    private static final Patience PATIENCE =
            new Patience(Duration.ofSeconds(30), System::nanoTime, String::valueOf, note -> {});

    @Test
    void keysKeepTheirOrderThoughTheServiceRefusesAtRandom() {
        MoodyStream stream = new MoodyStream(0.02);
        BatchWriter writer =
                new BatchWriter(stream, "s", false, new SystemPlatform(), PATIENCE, (number, key, shard) -> {});
        for (int i = 0; i < 3_000; i++) {
            writer.add("key-" + i % 700, Bytes.utf8(Integer.toString(i)));
        }
        writer.drain();

        assertThat(writer.records()).isEqualTo(3_000);
        assertThat(writer.refusals()).isPositive();
        assertThat(stream.perKey).hasSize(700);
        assertThat(stream.perKey)
                .allSatisfy((key, numbers) -> assertThat(numbers).isSorted());
        assertThat(stream.perKey.values().stream().mapToInt(List::size).sum()).isEqualTo(3_000);
    }

    @Test
    void batchHoldsAKeyOnceAndAtMostFiveHundredRecords() {
        MoodyStream stream = new MoodyStream(0);
        BatchWriter writer =
                new BatchWriter(stream, "s", false, new SystemPlatform(), PATIENCE, (number, key, shard) -> {});
        for (int i = 0; i < 2_000; i++) {
            writer.add("key-" + i % 3, Bytes.utf8("x"));
            writer.add("single-" + i, Bytes.utf8("x"));
        }
        writer.drain();

        assertThat(stream.batches).allSatisfy(keys -> {
            assertThat(keys).hasSizeLessThanOrEqualTo(500);
            Set<String> distinct = new HashSet<>(keys);
            assertThat(distinct).hasSameSizeAs(keys);
        });
    }

    @Test
    void outageIsBorneAndWhatWasTakenOverIsPutInOrder() {
        MoodyStream stream = new MoodyStream(0);
        List<String> notes = new ArrayList<>();
        BatchWriter writer = new BatchWriter(
                stream,
                "s",
                false,
                new SystemPlatform(),
                new Patience(Duration.ofSeconds(60), System::nanoTime, String::valueOf, notes::add),
                (number, key, shard) -> {});
        writer.add("key", Bytes.utf8("1"));
        writer.drain();
        stream.outages = 3;
        writer.add("key", Bytes.utf8("2"));
        writer.add("key", Bytes.utf8("3"));
        writer.drain();

        assertThat(stream.perKey.get("key")).containsExactly(1, 2, 3);
        assertThat(notes).hasSize(2);
        assertThat(notes.get(0)).startsWith("waiting for the service, at most 60 s: ");
        assertThat(notes.get(1)).isEqualTo("the service stores records again");
    }

    @Test
    void writerThatGivesUpSaysWhichLineIsTheLastThatIsStored() {
        MoodyStream stream = new MoodyStream(0);
        BatchWriter writer = new BatchWriter(
                stream,
                "s",
                false,
                new SystemPlatform(),
                new Patience(Duration.ofMillis(1), System::nanoTime, error -> "it is away", note -> {}),
                (number, key, shard) -> {});
        for (String key : List.of("a", "b", "b", "c")) {
            writer.add(key, Bytes.utf8("1"));
        }
        stream.batchesBeforeTheOutage = 1;
        stream.outages = Integer.MAX_VALUE;

        assertThatThrownBy(writer::drain)
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("gave up after 0 s: it is away");
        assertThat(writer.stored())
                .isEqualTo("line 2 is the last up to which all are stored, 1 after it are, too; no answer came about 1"
                        + " more, which may be stored");
    }

    @Test
    void writerThatStoredNothingSaysSo() {
        BatchWriter writer = new BatchWriter(
                new MoodyStream(0), "s", false, new SystemPlatform(), PATIENCE, (number, key, shard) -> {});
        writer.add("a", Bytes.utf8("1"));

        assertThat(writer.stored()).isEqualTo("no line is stored");
    }

    /** Takes records and refuses some, seeded. */
    private static final class MoodyStream implements KinesisAsyncClient {
        private final RandomGenerator random = new SplittableRandom(7);
        private final double refusing;
        private final Map<String, List<Integer>> perKey = new HashMap<>();
        private final List<List<String>> batches = new ArrayList<>();
        private int batchesBeforeTheOutage;
        private int outages;

        MoodyStream(double refusing) {
            this.refusing = refusing;
        }

        @Override
        public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
            if (batchesBeforeTheOutage > 0) {
                batchesBeforeTheOutage--;
            } else if (outages > 0) {
                outages--;
                return CompletableFuture.failedFuture(SdkClientException.create("connection refused"));
            }
            List<PutRecordsResultEntry> results = new ArrayList<>();
            List<String> keys = new ArrayList<>();
            for (PutRecordsRequestEntry entry : request.records()) {
                keys.add(entry.partitionKey());
                if (random.nextDouble() < refusing) {
                    results.add(PutRecordsResultEntry.builder()
                            .errorCode("ProvisionedThroughputExceededException")
                            .errorMessage("Rate exceeded")
                            .build());
                    continue;
                }
                String data = entry.data().asUtf8String();
                perKey.computeIfAbsent(entry.partitionKey(), unused -> new ArrayList<>())
                        .add(data.equals("x") ? 0 : Integer.parseInt(data));
                results.add(PutRecordsResultEntry.builder()
                        .shardId("shardId-000000000000")
                        .sequenceNumber("1")
                        .build());
            }
            batches.add(keys);
            return CompletableFuture.completedFuture(
                    PutRecordsResponse.builder().records(results).build());
        }

        @Override
        public String serviceName() {
            return "kinesis";
        }

        @Override
        public void close() {}
    }
}
