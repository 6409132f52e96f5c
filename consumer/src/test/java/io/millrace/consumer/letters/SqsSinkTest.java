package io.millrace.consumer.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.BatchRequestTooLongException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;

/** A queue that refuses at will; a real server is met in the system tests. */
class SqsSinkTest {
    private static final String URL = "http://127.0.0.1:1/000000000000/letters";

    private final MoodyQueue queue = new MoodyQueue();
    private final List<Integer> pauses = new ArrayList<>();
    private final LetterSink sink = new SqsSink(queue, URL, false, pauses::add);

    @Test
    void refusedLettersAreSentAgain() throws Exception {
        queue.refusing = 0.3;
        List<Letter> letters = letters(95, 20);
        sink.write(letters);

        assertThat(queue.stored).containsExactlyInAnyOrderElementsOf(letters);
        assertThat(queue.batches).allMatch(size -> size <= 10);
        assertThat(pauses).isNotEmpty();
    }

    @Test
    void lettersOfAFifoQueueKeepTheirOrder() throws Exception {
        queue.refusing = 0.3;
        List<Letter> letters = letters(95, 20);
        new SqsSink(queue, URL + ".fifo", false, pauses::add).write(letters);

        // As a FIFO queue does, which knows a message that comes again.
        assertThat(queue.stored).containsExactlyElementsOf(letters);
        assertThat(queue.groups).containsOnly("shardId-000000000000");
    }

    @Test
    void queueThatStoresNothingEndsTheWriteWithItsReason() {
        queue.refusing = 1;

        assertThatThrownBy(() -> sink.write(letters(3, 20)))
                .isInstanceOf(LetterException.class)
                .hasMessage("queue " + URL + " takes no letters (InternalError); 8 tries in a row stored nothing");
    }

    @Test
    void requestsOfManyBytesAreDivided() throws Exception {
        queue.mostBytes = 1 << 20;
        sink.write(letters(20, 150_000));
        assertThat(queue.stored).hasSize(20);
        assertThat(queue.batches).allMatch(size -> size <= 5);

        // A server of an older limit.
        queue.mostBytes = 1 << 18;
        sink.write(letters(20, 50_000));
        assertThat(queue.stored).hasSize(40);
    }

    @Test
    void letterThatNoQueueTakesIsRefusedBeforeAnyIsSent() {
        assertThatThrownBy(() -> sink.write(List.of(
                        Letters.letter(1, "k", Bytes.empty()), Letters.letter(2, "k", Bytes.wrap(new byte[800_000])))))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("SQS takes 1048576 in queue " + URL);
        assertThat(queue.stored).isEmpty();
    }

    @Test
    void letterThatThisQueueDoesNotTakeIsRefused() {
        queue.mostBytes = 1 << 18;
        assertThatThrownBy(() -> sink.write(letters(1, 300_000)))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("this queue takes less", "MaximumMessageSize");
        queue.isAtFault = true;
        queue.refusing = 1;
        assertThatThrownBy(() -> sink.write(letters(1, 20)))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("refuses the letter of ")
                .hasMessageContaining("InternalError");
        assertThat(pauses).isEmpty();
    }

    private static List<Letter> letters(int count, int size) {
        return IntStream.range(0, count)
                .mapToObj(i -> Letters.letter(i, "key-" + i % 3, Bytes.wrap(new byte[size])))
                .toList();
    }

    /** Refuses some, seeded, and leaves out what it knows by its deduplication id. */
    private static final class MoodyQueue implements SqsAsyncClient {
        private final RandomGenerator random = new SplittableRandom(7);
        private final List<Letter> stored = new ArrayList<>();
        private final List<String> known = new ArrayList<>();
        private final List<String> groups = new ArrayList<>();
        private final List<Integer> batches = new ArrayList<>();
        private double refusing;
        private boolean isAtFault;
        private int mostBytes = 1 << 20;

        @Override
        public CompletableFuture<SendMessageBatchResponse> sendMessageBatch(SendMessageBatchRequest request) {
            int bytes = request.entries().stream()
                    .mapToInt(entry -> entry.messageBody().length())
                    .sum();
            if (bytes > mostBytes) {
                return CompletableFuture.failedFuture(BatchRequestTooLongException.builder()
                        .message("too long")
                        .build());
            }
            batches.add(request.entries().size());
            List<SendMessageBatchResultEntry> successful = new ArrayList<>();
            List<BatchResultErrorEntry> failed = new ArrayList<>();
            boolean isGroupBlocked = false;
            for (SendMessageBatchRequestEntry entry : request.entries()) {
                boolean isFifo = entry.messageGroupId() != null;
                isGroupBlocked = (isFifo && isGroupBlocked) || random.nextDouble() < refusing;
                if (isGroupBlocked) {
                    failed.add(BatchResultErrorEntry.builder()
                            .id(entry.id())
                            .code("InternalError")
                            .senderFault(isAtFault)
                            .build());
                    continue;
                }
                successful.add(
                        SendMessageBatchResultEntry.builder().id(entry.id()).build());
                if (isFifo) {
                    groups.add(entry.messageGroupId());
                }
                if (!isFifo || !known.contains(entry.messageDeduplicationId())) {
                    known.add(String.valueOf(entry.messageDeduplicationId()));
                    stored.add(Letter.parse(entry.messageBody()));
                }
            }
            return CompletableFuture.completedFuture(SendMessageBatchResponse.builder()
                    .successful(successful)
                    .failed(failed)
                    .build());
        }

        @Override
        public String serviceName() {
            return "sqs";
        }

        @Override
        public void close() {}
    }
}
