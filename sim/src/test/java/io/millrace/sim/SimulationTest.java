package io.millrace.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class SimulationTest {
    private final Simulation sim = new Simulation(1);
    private final EventLoop loop = sim.newEventLoop("a");
    private final List<String> seen = new ArrayList<>();

    @Test
    void timeJumpsToTheNextEvent() {
        loop.schedule(Duration.ofHours(3), () -> seen.add("late"));
        loop.schedule(Duration.ofMinutes(1), () -> seen.add("early"));

        sim.runUntil(() -> seen.size() == 2, Duration.ofDays(1));

        assertThat(seen).containsExactly("early", "late");
        assertThat(sim.elapsed()).isEqualTo(Duration.ofHours(3));
        assertThat(sim.clock().instant()).isEqualTo(Simulation.EPOCH.plus(Duration.ofHours(3)));
    }

    @Test
    void oneLoopKeepsItsOrderWithinAMoment() {
        loop.schedule(Duration.ofSeconds(1), () -> seen.add("first"));
        loop.execute(() -> seen.add("at once"));
        loop.schedule(Duration.ofSeconds(1), () -> seen.add("second"));

        sim.run(Duration.ofSeconds(1));

        assertThat(seen).containsExactly("at once", "first", "second");
    }

    @Test
    void seedDecidesTheOrderAmongLoopsAndRepeatsIt() {
        Set<String> orders = new HashSet<>();
        for (int seed = 0; seed < 50; seed++) {
            String order = orderOfThreeLoops(seed);
            assertThat(orderOfThreeLoops(seed)).as("seed %s", seed).isEqualTo(order);
            orders.add(order);
        }
        assertThat(orders).hasSize(6);
    }

    @Test
    void cancelledTimerDoesNotFire() {
        loop.schedule(Duration.ofSeconds(1), () -> seen.add("never")).cancel();

        sim.run(Duration.ofSeconds(2));

        assertThat(seen).isEmpty();
    }

    @Test
    void observersLookAfterEveryEvent() {
        int[] looks = {0};
        sim.afterEveryEvent(() -> looks[0]++);
        loop.execute(() -> {});
        loop.execute(() -> {});

        sim.run(Duration.ZERO);

        assertThat(looks[0]).isEqualTo(2);
    }

    @Test
    void failureNamesTheSeed() {
        loop.execute(() -> {
            throw new IllegalStateException("broken");
        });

        assertThatThrownBy(() -> sim.run(Duration.ZERO))
                .isInstanceOf(SimulationError.class)
                .hasMessageContaining("seed 1")
                .hasMessageContaining("broken");
    }

    @Test
    void waitingForWhatNeverComesFails() {
        assertThatThrownBy(() -> sim.runUntil(() -> false, Duration.ofSeconds(1)))
                .isInstanceOf(SimulationError.class);
    }

    @Test
    void closedLoopRunsWhatItHadDropsTimersAndRefusesMore() {
        loop.execute(() -> seen.add("had"));
        loop.schedule(Duration.ofSeconds(1), () -> seen.add("timer"));
        loop.close();

        sim.run(Duration.ofSeconds(2));

        assertThat(seen).containsExactly("had");
        assertThat(loop.closed()).isDone();
        assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    private static String orderOfThreeLoops(int seed) {
        Simulation sim = new Simulation(seed);
        StringBuilder order = new StringBuilder();
        for (String name : List.of("a", "b", "c")) {
            sim.newEventLoop(name).execute(() -> order.append(name));
        }
        sim.run(Duration.ZERO);
        return order.toString();
    }
}
