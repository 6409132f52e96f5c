package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.delivery.Batching;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BatchQueueTest {
    @Test
    void recordsThatFitAreNotCopied() {
        BatchQueue queue = new BatchQueue(Batching.DEFAULT);
        List<StreamRecord> records = records(1, 10);
        queue.add(records, 7, 0);
        assertThat(queue.take(null).orElseThrow().records()).isEqualTo(records);
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.take(null)).isEmpty();
    }

    @Test
    void batchesAreFilledFromSeveralReadsUpToTheirBound() {
        BatchQueue queue = new BatchQueue(Batching.DEFAULT.withRecords(5));
        queue.add(records(1, 3), 9, 0);
        assertThat(queue.isFull()).isFalse();
        queue.add(records(4, 9), 4, 0);
        assertThat(queue.isFull()).isTrue();
        assertThat(taken(queue, null)).containsExactly(1, 2, 3, 4, 5);
        assertThat(taken(queue, null)).containsExactly(6, 7, 8, 9);
    }

    @Test
    void batchHasAtLeastOneRecordHoweverLargeAndElseKeepsToItsBytes() {
        BatchQueue queue = new BatchQueue(Batching.DEFAULT.withBytes(10));
        queue.add(records(1, 4), 0, 0);
        assertThat(taken(queue, null)).containsExactly(1, 2);
        assertThat(taken(queue, null)).containsExactly(3, 4);
        BatchQueue narrow = new BatchQueue(Batching.DEFAULT.withBytes(1));
        narrow.add(records(1, 2), 0, 0);
        assertThat(taken(narrow, null)).containsExactly(1);
    }

    @Test
    void nothingBeyondALimitIsTaken() {
        BatchQueue queue = new BatchQueue(Batching.DEFAULT);
        queue.add(records(1, 4), 0, 0);
        assertThat(taken(queue, at(2))).containsExactly(1, 2);
        assertThat(queue.take(at(2))).isEmpty();
        assertThat(queue.first().map(StreamRecord::position)).contains(at(3));
    }

    private static List<Integer> taken(BatchQueue queue, @Nullable RecordPosition upTo) {
        return queue.take(upTo).orElseThrow().records().stream()
                .map(record -> Integer.parseInt(record.sequenceNumber().toString()))
                .toList();
    }

    /** Of five bytes each. */
    private static List<StreamRecord> records(int first, int last) {
        return IntStream.rangeClosed(first, last)
                .mapToObj(n -> new StreamRecord(at(n), "key", Bytes.utf8("12345"), Instant.EPOCH))
                .toList();
    }

    private static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }
}
