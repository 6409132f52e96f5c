package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One workload against one server: every connection sends its next request as soon as it has the answer. Nothing counts
 * until the warm-up is over. Belongs to the thread that runs it.
 */
final class LoadRun {
    private static final long MAX_NANOS = Duration.ofMinutes(5).toNanos();

    private final Platform platform;
    private final Duration warmUp;
    private final Duration measured;

    LoadRun(Platform platform, Duration warmUp, Duration measured) {
        this.platform = platform;
        this.warmUp = warmUp;
        this.measured = measured;
    }

    Measurement run(Workload workload, ServerUnderTest server) throws IOException, InterruptedException {
        List<Client> clients = new ArrayList<>();
        CountDownLatch failed = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(workload.connections());
        AtomicReference<Phase> phase = new AtomicReference<>(Phase.WARM_UP);
        for (int i = 0; i < workload.connections(); i++) {
            clients.add(new Client(workload.step(i), phase, platform.ticker()));
        }
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("load", workload.connections())) {
            for (Client client : clients) {
                threads.execute(() -> {
                    client.run(server.port(), failed);
                    ended.countDown();
                });
            }
            var early = failed.await(warmUp.toMillis(), TimeUnit.MILLISECONDS);
            Duration cpuBefore = server.cpu();
            long begun = platform.ticker().nanoTime();
            phase.set(Phase.MEASURED);
            early |= failed.await(measured.toMillis(), TimeUnit.MILLISECONDS);
            phase.set(Phase.OVER);
            Duration wall = platform.ticker().since(begun);
            Duration cpu = server.cpu().minus(cpuBefore);
            ended.await();
            if (early) {
                throw new IOException(server.name() + " fails in " + workload.name(), failure(clients));
            }
            return total(clients, wall, cpu);
        }
    }

    private static @Nullable IOException failure(List<Client> clients) {
        return clients.stream()
                .map(client -> client.failure)
                .filter(e -> e != null)
                .findFirst()
                .orElse(null);
    }

    private static Measurement total(List<Client> clients, Duration wall, Duration cpu) {
        Histogram latency = new Histogram(MAX_NANOS, 3);
        long records = 0;
        for (Client client : clients) {
            latency.add(client.latency);
            records += client.records;
        }
        return new Measurement(latency.getTotalCount(), records, wall, cpu, latency);
    }

    private enum Phase {
        WARM_UP,
        MEASURED,
        OVER
    }

    /** One connection; its own thread's, then that of who waited for its end. */
    private static final class Client {
        private final Workload.Step step;
        private final AtomicReference<Phase> phase;
        private final Ticker ticker;
        private final Histogram latency = new Histogram(MAX_NANOS, 3);
        private long records;
        private @Nullable IOException failure;

        Client(Workload.Step step, AtomicReference<Phase> phase, Ticker ticker) {
            this.step = step;
            this.phase = phase;
            this.ticker = ticker;
        }

        void run(int port, CountDownLatch failed) {
            try (Connection connection = new Connection(port)) {
                Phase now = phase.get();
                while (now != Phase.OVER) {
                    long begun = ticker.nanoTime();
                    int moved = step.run(connection);
                    now = phase.get();
                    if (now == Phase.MEASURED) {
                        latency.recordValue(Math.min(ticker.nanoTime() - begun, MAX_NANOS));
                        records += moved;
                    }
                }
            } catch (IOException e) {
                failure = e;
                failed.countDown();
            }
        }
    }
}
