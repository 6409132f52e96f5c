package io.millrace.consumer.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.mapping.Windows.Step;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WindowsTest {
    private final Windows windows = new Windows(Duration.ofMinutes(2));

    @Test
    void recordsOfSeveralWindowsComeOneWindowAfterTheOther() {
        List<StreamRecord> records = List.of(record(1, 10), record(2, 119), record(3, 120), record(4, 500));

        assertThat(play(records))
                .containsExactly(
                        "gather 1 2 from 0 to 120 with {}",
                        "close 0 to 120 with s1, checkpoint 2",
                        "gather 3 from 120 to 240 with {}",
                        "close 120 to 240 with s2, checkpoint 3",
                        "gather 4 from 480 to 600 with {}");
        assertThat(play(List.of(record(5, 599))))
                .as("the window goes on with its state")
                .containsExactly("gather 5 from 480 to 600 with s3");
    }

    @Test
    void stepComesAgainUntilItHasSucceededAndWhatIsGatheredDoesNot() {
        List<StreamRecord> records = List.of(record(1, 10), record(2, 130));
        assertThat(windows.next(records)).isEqualTo(windows.next(records));
        windows.gathered((Step.Gather) windows.next(records).orElseThrow(), "one");

        assertThat(said(windows.next(records).orElseThrow())).isEqualTo("close 0 to 120 with one, checkpoint 1");
        assertThat(said(windows.next(records).orElseThrow())).isEqualTo("close 0 to 120 with one, checkpoint 1");
        windows.closed();
        assertThat(said(windows.next(records).orElseThrow())).isEqualTo("gather 2 from 120 to 240 with {}");
        assertThat(windows.next(records.subList(0, 1))).isEmpty();
    }

    @Test
    void windowEndsWithTheTimeUpToWhichAllRecordsAreHere() {
        assertThat(windows.ended(Instant.ofEpochSecond(9_999)))
                .as("without records")
                .isEmpty();
        play(List.of(record(1, 10)));

        assertThat(windows.ended(Instant.ofEpochSecond(119))).isEmpty();
        assertThat(windows.ended(Instant.ofEpochSecond(120)).map(WindowsTest::said))
                .contains("close 0 to 120 with s1, checkpoint 1");
        windows.closed();
        assertThat(windows.ended(Instant.ofEpochSecond(999))).isEmpty();
        assertThat(windows.over()).isEmpty();
    }

    @Test
    void recordThatIsOlderThanTheWindowIsGatheredInIt() {
        play(List.of(record(1, 130)));
        assertThat(play(List.of(record(2, 119)))).containsExactly("gather 2 from 120 to 240 with s1");
    }

    @Test
    void windowWhoseStateIsTooLargeIsClosedEarlyAndGoesOnAfresh() {
        List<StreamRecord> records = List.of(record(1, 10), record(2, 20));
        windows.gathered((Step.Gather) windows.next(records.subList(0, 1)).orElseThrow(), "x".repeat(1_000_001));
        Step.Close early = (Step.Close) windows.next(records).orElseThrow();

        assertThat(early.window().isFinal()).isTrue();
        assertThat(early.window().isTerminatedEarly()).isTrue();
        assertThat(early.last()).isEqualTo(record(1, 10).position());
        windows.closed();
        assertThat(said(windows.next(records).orElseThrow())).isEqualTo("gather 2 from 0 to 120 with {}");
    }

    @Test
    void stateAtItsBoundIsNotTooLarge() {
        List<StreamRecord> records = List.of(record(1, 10));
        windows.gathered((Step.Gather) windows.next(records).orElseThrow(), "x".repeat(1_000_000));
        assertThat(windows.next(records)).isEmpty();
        assertThat(windows.over().orElseThrow().window().isTerminatedEarly()).isFalse();
    }

    /** Every step succeeds; states are s1, s2 and so on. */
    private List<String> play(List<StreamRecord> records) {
        List<String> steps = new ArrayList<>();
        for (Step step = windows.next(records).orElse(null);
                step != null;
                step = windows.next(records).orElse(null)) {
            steps.add(said(step));
            if (step instanceof Step.Gather gather) {
                windows.gathered(gather, "s" + ++states);
            } else {
                windows.closed();
            }
        }
        return steps;
    }

    private int states;

    private static String said(Step step) {
        if (step instanceof Step.Gather gather) {
            StringBuilder text = new StringBuilder("gather");
            gather.records().forEach(record -> text.append(' ').append(record.sequenceNumber()));
            return text + " from " + span(gather.window());
        }
        Step.Close close = (Step.Close) step;
        return "close " + span(close.window()) + ", checkpoint " + close.last().sequenceNumber();
    }

    private static String span(TumblingWindow window) {
        return window.start().getEpochSecond() + " to " + window.end().getEpochSecond() + " with " + window.state();
    }

    static StreamRecord record(int number, int seconds) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(Integer.toString(number))),
                "key-" + number,
                Bytes.utf8("{\"n\":" + number + "}"),
                Instant.ofEpochSecond(seconds));
    }

    static List<StreamRecord> records(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(n -> record(n, n)).toList();
    }
}
