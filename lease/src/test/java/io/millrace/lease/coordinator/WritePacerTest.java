package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.EventLoop;
import io.millrace.sim.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Turns of writes in virtual time, with a failover time of 10 s. */
final class WritePacerTest {
    private final Simulation sim = new Simulation(5);
    private final EventLoop loop = sim.newEventLoop("leases");
    private final WritePacer pacer = new WritePacer(loop, sim, Duration.ofSeconds(10));
    private final List<WritePacer.Turn> going = new ArrayList<>();
    private final List<WriteKind> order = new ArrayList<>();

    @Test
    void fewAreUnderWayAtOnceAndTheNextGoesWhenOneEnds() {
        ask(WriteKind.TAKING, 100);
        assertThat(going).hasSize(WritePacer.MOST_UNDER_WAY);

        going.get(0).end();
        assertThat(going).hasSize(WritePacer.MOST_UNDER_WAY + 1);
    }

    @Test
    void mostUrgentGoFirst() {
        ask(WriteKind.TAKING, WritePacer.MOST_UNDER_WAY);
        for (WriteKind kind : List.of(WriteKind.PROGRESS, WriteKind.CREATION, WriteKind.HANDOVER, WriteKind.CONTROL)) {
            ask(kind, 1);
        }
        order.clear();
        List.copyOf(going).forEach(WritePacer.Turn::end);

        assertThat(order)
                .containsExactly(WriteKind.CONTROL, WriteKind.HANDOVER, WriteKind.CREATION, WriteKind.PROGRESS);
    }

    @Test
    void nothingElseGoesWhileAHeartbeatIsRefused() {
        pacer.heartbeatRefused();
        ask(WriteKind.CONTROL, 3);
        assertThat(going).isEmpty();
        assertThat(pacer.allowsEarlyBeat()).isFalse();

        pacer.heartbeatWentThrough();
        assertThat(going).hasSize(3);
    }

    @Test
    void whatGivesUpBeforeItsTurnNeverGoes() {
        ask(WriteKind.TAKING, WritePacer.MOST_UNDER_WAY);
        WritePacer.Turn waiting = pacer.ask(WriteKind.PROGRESS, going::add);

        assertThat(waiting.giveUp()).isTrue();
        assertThat(going.get(0).giveUp()).isFalse();
        List.copyOf(going).forEach(WritePacer.Turn::end);
        assertThat(going).hasSize(WritePacer.MOST_UNDER_WAY);
    }

    @Test
    void afterRefusalsTheyGoOneByOne() {
        pacer.budget().refused(sim.ticker().nanoTime());
        ask(WriteKind.TAKING, 10);
        assertThat(going).isEmpty();

        sim.run(Duration.ofSeconds(1));
        assertThat(going).hasSizeBetween(3, 7);
    }

    private void ask(WriteKind kind, int count) {
        for (int i = 0; i < count; i++) {
            WritePacer.Turn unused = pacer.ask(kind, turn -> {
                going.add(turn);
                order.add(kind);
            });
        }
    }
}
