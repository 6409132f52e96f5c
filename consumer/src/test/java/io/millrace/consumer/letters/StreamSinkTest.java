package io.millrace.consumer.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryRequest;
import software.amazon.awssdk.services.kinesis.model.DescribeStreamSummaryResponse;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** A stream that refuses at will; the real server is met in the system tests. */
class StreamSinkTest {
    private final MoodyStream stream = new MoodyStream();
    private final List<Integer> pauses = new ArrayList<>();
    private final LetterSink sink = new StreamSink(stream, "dead", false, pauses::add);

    @Test
    void refusedLettersAreSentAgainAndThoseOfAKeyKeepTheirOrder() throws Exception {
        stream.refusing = 0.3;
        List<Letter> letters = IntStream.range(0, 1_500)
                .mapToObj(i -> Letters.letter(i, "key-" + i % 600, Bytes.utf8("x" + i)))
                .toList();
        sink.write(letters);

        assertThat(stream.stored).containsExactlyInAnyOrderElementsOf(letters);
        for (int key = 0; key < 600; key++) {
            String name = "key-" + key;
            assertThat(stream.stored.stream()
                            .filter(letter -> letter.record().partitionKey().equals(name))
                            .map(letter -> letter.record().sequenceNumber()))
                    .isSorted();
        }
        assertThat(stream.batches).allMatch(size -> size <= 500);
        assertThat(pauses).isNotEmpty();
    }

    @Test
    void streamThatStoresNothingEndsTheWriteWithItsReason() {
        stream.refusing = 1;

        assertThatThrownBy(() -> sink.write(List.of(Letters.letter(1, "k", Bytes.empty()))))
                .isInstanceOf(LetterException.class)
                .hasMessage(
                        "stream dead takes no letters (ProvisionedThroughputExceededException); 8 tries in a row stored"
                                + " nothing");
        assertThat(pauses).containsExactly(1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void requestThatIsRefusedForTheMomentIsSentAgainAndAnotherIsNot() throws Exception {
        stream.failures.add(ProvisionedThroughputExceededException.builder()
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode("ProvisionedThroughputExceededException")
                        .build())
                .build());
        stream.failures.add(KinesisException.builder().statusCode(500).build());
        Letter letter = Letters.letter(1, "k", Bytes.empty());
        sink.write(List.of(letter));
        assertThat(stream.stored).containsExactly(letter);
        assertThat(pauses).containsExactly(1, 2);

        stream.failures.add(ResourceNotFoundException.builder().statusCode(400).build());
        assertThatThrownBy(() -> sink.write(List.of(letter))).isInstanceOf(ResourceNotFoundException.class);
        assertThat(pauses).hasSize(2);
    }

    @Test
    void requestHoldsNoMoreBytesThanTheServiceTakes() throws Exception {
        sink.write(IntStream.range(0, 12)
                .mapToObj(i -> Letters.letter(i, "key-" + i, Bytes.wrap(new byte[600_000])))
                .toList());

        assertThat(stream.stored).hasSize(12);
        assertThat(stream.batches).containsExactly(5, 5, 2);
    }

    @Test
    void letterThatTheStreamDoesNotTakeIsRefusedBeforeAnyIsSent() throws Exception {
        Letter large = Letters.letter(2, "k", Bytes.wrap(new byte[800_000]));

        assertThatThrownBy(() -> sink.write(List.of(Letters.letter(1, "k", Bytes.empty()), large)))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("the letter of " + large.id() + " has 1067")
                .hasMessageContaining("stream dead takes 1048576: raise its MaxRecordSizeInKiB");
        assertThat(stream.stored).isEmpty();

        stream.maxRecordSize = 2048;
        sink.write(List.of(large));
        assertThat(stream.stored).containsExactly(large);
    }

    @Test
    void lettersDoNotGoBackToWhereTheyAreFrom() {
        LetterSink loop = LetterSinks.stream(stream, "orders");

        assertThatThrownBy(() -> loop.write(List.of(Letters.letter(1, "k", Bytes.empty()))))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("a stream of their own");
    }

    @Test
    void nameThatIsNoneIsRefusedAtOnce() {
        assertThatThrownBy(() -> LetterSinks.stream("no/name")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LetterSinks.sqs("letters"))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("not the URL of a queue");
    }

    /** Refuses some, seeded. */
    private static final class MoodyStream implements KinesisAsyncClient {
        private final RandomGenerator random = new SplittableRandom(7);
        private final List<Letter> stored = new ArrayList<>();
        private final List<Integer> batches = new ArrayList<>();
        private final List<RuntimeException> failures = new ArrayList<>();
        private double refusing;
        private int maxRecordSize = 1024;

        @Override
        public CompletableFuture<PutRecordsResponse> putRecords(PutRecordsRequest request) {
            assertThat(request.streamName()).isEqualTo("dead");
            if (!failures.isEmpty()) {
                return CompletableFuture.failedFuture(failures.remove(0));
            }
            assertThat(new HashSet<>(request.records().stream()
                            .map(entry -> entry.partitionKey())
                            .toList()))
                    .hasSameSizeAs(request.records());
            batches.add(request.records().size());
            List<PutRecordsResultEntry> results = request.records().stream()
                    .map(entry -> {
                        if (random.nextDouble() < refusing) {
                            return PutRecordsResultEntry.builder()
                                    .errorCode("ProvisionedThroughputExceededException")
                                    .build();
                        }
                        Letter letter = Letter.parse(entry.data().asUtf8String());
                        assertThat(entry.partitionKey())
                                .isEqualTo(letter.record().partitionKey());
                        stored.add(letter);
                        return PutRecordsResultEntry.builder()
                                .shardId("shardId-000000000000")
                                .build();
                    })
                    .toList();
            return CompletableFuture.completedFuture(
                    PutRecordsResponse.builder().records(results).build());
        }

        @Override
        public CompletableFuture<DescribeStreamSummaryResponse> describeStreamSummary(
                DescribeStreamSummaryRequest request) {
            return CompletableFuture.completedFuture(DescribeStreamSummaryResponse.builder()
                    .streamDescriptionSummary(summary -> summary.maxRecordSizeInKiB(maxRecordSize))
                    .build());
        }

        @Override
        public String serviceName() {
            return "kinesis";
        }

        @Override
        public void close() {}
    }
}
