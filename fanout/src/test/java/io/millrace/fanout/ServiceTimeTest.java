package io.millrace.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceTimeTest {
    private final Simulation sim = new Simulation(1);
    private final ServiceTime time = new ServiceTime(sim.ticker());

    @Test
    void nothingIsKnownBeforeTheFirstAnswer() {
        assertThat(time.at(sim.ticker().nanoTime())).isNull();
        assertThat(time.since(Instant.EPOCH)).isZero();
    }

    /** The clocks of two machines differ in pace, and what is told of the other must not be too late. */
    @Test
    void timesBeforeAndAfterAnAnswerAreNeverTooLate() {
        long before = sim.ticker().nanoTime();
        sim.run(Duration.ofSeconds(20));
        time.observe(
                List.of(new StreamRecord(
                        RecordPosition.of(SequenceNumber.parse("7")),
                        "key",
                        Bytes.utf8("data"),
                        Instant.ofEpochSecond(100))),
                0);
        assertThat(time.at(sim.ticker().nanoTime())).isEqualTo(Instant.ofEpochSecond(100));
        assertThat(time.at(before)).isEqualTo(Instant.ofEpochMilli(79_990));
        sim.run(Duration.ofSeconds(2_000));
        assertThat(time.at(sim.ticker().nanoTime())).isEqualTo(Instant.ofEpochSecond(2_099));
        assertThat(time.since(Instant.ofEpochSecond(99))).isEqualTo(Duration.ofSeconds(2_000));
    }
}
