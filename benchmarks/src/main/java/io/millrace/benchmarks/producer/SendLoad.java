package io.millrace.benchmarks.producer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;

/**
 * The load of a sender, the same for every library: told on standard input as {@code RECORDS RATE} a line, 0 being as fast as it
 * goes, and answered by {@code done MILLIS P50 P99 FAILED}, the latter in microseconds from send to stored. Belongs to one thread.
 */
public final class SendLoad {
    private static final int KEYS = 1_000;
    private static final int UNDER_WAY = 50_000;

    private final Target target;
    private final LongSupplier nanoTime;
    private final byte[] data;

    /**
     * A load.
     *
     * @param nanoTime a monotonic clock
     * @param bytes how many each record has
     */
    public SendLoad(Target target, LongSupplier nanoTime, int bytes) {
        this.target = target;
        this.nanoTime = nanoTime;
        this.data = new byte[bytes];
        Arrays.fill(data, (byte) 'x');
    }

    /** The library that sends. */
    public interface Target {
        /** Sends a record, which nobody changes, and tells on any thread whether it is stored. */
        void send(String key, byte[] record, Consumer<Boolean> outcome);

        /** Sends what waits; need not wait for it. */
        void flush();
    }

    /** Does what standard input says until that ends. */
    public void run() throws IOException, InterruptedException {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] parts = order.split(" ", -1);
            System.out.println(send(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
        }
    }

    private String send(int records, int rate) throws InterruptedException {
        ConcurrentHistogram latencies = new ConcurrentHistogram(3);
        AtomicLong failed = new AtomicLong();
        Semaphore room = new Semaphore(UNDER_WAY);
        long began = nanoTime.getAsLong();
        for (int i = 0; i < records; i++) {
            if (rate > 0) {
                awaitTurn(began + (long) (i * 1e9 / rate));
            }
            room.acquire();
            long sent = nanoTime.getAsLong();
            target.send("key-" + i % KEYS, data, isStored -> {
                latencies.recordValue((nanoTime.getAsLong() - sent) / 1_000);
                if (!isStored) {
                    failed.incrementAndGet();
                }
                room.release();
            });
        }
        target.flush();
        room.acquire(UNDER_WAY);
        return "done " + (nanoTime.getAsLong() - began) / 1_000_000 + " " + latencies.getValueAtPercentile(50) + " "
                + latencies.getValueAtPercentile(99) + " " + failed.get();
    }

    private void awaitTurn(long moment) {
        long ahead = moment - nanoTime.getAsLong();
        if (ahead > Duration.ofMillis(1).toNanos()) {
            boolean unused = new CompletableFuture<Boolean>()
                    .completeOnTimeout(true, ahead, TimeUnit.NANOSECONDS)
                    .join();
        }
    }
}
