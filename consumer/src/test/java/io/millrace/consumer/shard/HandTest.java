package io.millrace.consumer.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The records in a processor's hands, and the search for the one that fails. */
class HandTest {
    private final Hand hand = new Hand(false);

    @Test
    void declaredRecordsLeaveTheHandAndTheOthersComeAgain() {
        hand.take(batch(1, 5));
        hand.offer(at(5));
        hand.declare(at(2));
        assertThat(hand.oldestOpen()).contains(at(3));
        assertThat(hand.settle()).hasSize(2);
        assertThat(hand.next()).hasSize(3);
        assertThat(hand.isAgain()).isTrue();
    }

    @Test
    void whatWasNotOfferedCannotBeDeclared() {
        hand.take(batch(1, 5));
        hand.offer(at(3));
        assertThatThrownBy(() -> hand.declare(at(4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cannot checkpoint 4/0: it is beyond the last delivered record (3/0)");
    }

    @Test
    void returnedRecordsStayOpenUntilTheyAreDeclaredWhereThatCounts() {
        Hand manual = new Hand(true);
        manual.take(batch(1, 5));
        manual.offer(at(5));
        manual.declare(at(2));
        manual.returned(5);
        assertThat(manual.isEmpty()).isTrue();
        assertThat(manual.oldestOpen()).contains(at(3));
        manual.declare(at(4));
        assertThat(manual.oldestOpen()).contains(at(5));
        assertThat(manual.hasDeclaredAll()).isFalse();
        manual.declare(at(5));
        assertThat(manual.oldestOpen()).isEmpty();
    }

    @Test
    void searchFindsEveryRecordThatFailsAndNoOther() {
        for (int size = 1; size <= 40; size++) {
            for (Set<Integer> poison :
                    List.of(set(1), set(size), set(1 + size / 2), set(1, size), new TreeSet<Integer>())) {
                assertThat(givenUp(size, poison)).as("of " + size).isEqualTo(List.copyOf(poison));
            }
        }
    }

    private static Set<Integer> set(Integer... numbers) {
        return new TreeSet<>(List.of(numbers));
    }

    /** Offers the batch as a lane does that gives up at the first failure. */
    private static List<Integer> givenUp(int size, Set<Integer> poison) {
        Hand hand = new Hand(false);
        hand.take(batch(1, size));
        List<Integer> givenUp = new ArrayList<>();
        for (int calls = 0; !hand.isEmpty(); calls++) {
            assertThat(calls).as("calls").isLessThan(200);
            List<StreamRecord> next = hand.next();
            boolean fails = next.stream().anyMatch(record -> poison.contains(number(record)));
            if (!fails) {
                hand.returned(next.size());
            } else if (next.size() > 1) {
                hand.isolate(next.size());
            } else {
                givenUp.add(number(next.get(0)));
                hand.giveUp(1);
            }
        }
        return givenUp;
    }

    private static int number(StreamRecord record) {
        return Integer.parseInt(record.sequenceNumber().toString());
    }

    private static SourceBatch batch(int first, int last) {
        return new SourceBatch(
                IntStream.rangeClosed(first, last)
                        .mapToObj(n -> new StreamRecord(at(n), "key", Bytes.empty(), Instant.EPOCH))
                        .toList(),
                0);
    }

    private static RecordPosition at(int number) {
        return RecordPosition.of(SequenceNumber.parse(Integer.toString(number)));
    }
}
