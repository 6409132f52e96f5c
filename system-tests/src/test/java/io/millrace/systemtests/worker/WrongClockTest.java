package io.millrace.systemtests.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.consumer.Worker;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LATEST of a worker whose clock is wrong, with a real server whose clock is right. */
class WrongClockTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @ParameterizedTest
    @ValueSource(ints = {2, 20, 86_400, -30})
    void latestSkipsNothingAndRepeatsNothing(int secondsAhead, @TempDir Path folder) throws Exception {
        Ledger ledger = new Ledger();
        try (Services services = new Services(folder)) {
            services.createStream("latest", 2);
            services.put("latest", 0, 100, 10);
            try (Worker worker = services.worker("latest", ledger::processor)
                    .initialPosition(Position.latest())
                    .platform(new WrongClock(Duration.ofSeconds(secondsAhead)))
                    .build()) {
                worker.start();
                services.put("latest", 100, 300, 10);
                ledger.await(200, PATIENCE);
            }
        }
        assertThat(ledger.size()).isEqualTo(200);
        assertThat(ledger.duplicates()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = 1)
    void serviceTellsItsTime(int shards, @TempDir Path folder) throws Exception {
        try (Services services = new Services(folder)) {
            services.createStream("told", shards);
            Instant before = Instant.now();
            Instant told = new KinesisStreams(services.kinesis)
                    .time(new StreamName("told"))
                    .get(30, TimeUnit.SECONDS)
                    .orElseThrow();
            assertThat(told).isBetween(before.minusMillis(1), Instant.now());
            assertThat(services.kinesis
                            .listStreams()
                            .get(30, TimeUnit.SECONDS)
                            .sdkHttpResponse()
                            .firstMatchingHeader("Date"))
                    .isPresent();
        }
    }

    /** Real threads, and a wall clock that is ahead. */
    private record WrongClock(Platform real, Duration ahead) implements Platform {
        WrongClock(Duration ahead) {
            this(new SystemPlatform(), ahead);
        }

        @Override
        public InstantSource clock() {
            return () -> real.clock().instant().plus(ahead);
        }

        @Override
        public Ticker ticker() {
            return real.ticker();
        }

        @Override
        public RandomGenerator random() {
            return real.random();
        }

        @Override
        public EventLoop newEventLoop(String name) {
            return real.newEventLoop(name);
        }

        @Override
        public BlockingTasks newBlockingTasks(String name, int bound) {
            return real.newBlockingTasks(name, bound);
        }
    }
}
