package io.millrace.benchmarks.delivery;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Counts the shards and records that a reader processes, and answers questions about them, one a line of standard input:
 * {@code await N} prints {@code reached} once N records are processed, {@code shards N} prints {@code begun} once N shards are,
 * {@code measure} starts a new measurement of latency, and {@code report} prints {@code latency COUNT P50 P99} in microseconds.
 *
 * <p>Needs the JDK and HdrHistogram alone, because it also runs on the class path of the Kinesis Client Library. Safe for any
 * thread.
 */
public final class Tally {
    /** The first bytes of a record hold the time of their put on the monotonic clock, which all processes of a Linux machine share. */
    private static final int STAMP = Long.BYTES;

    private final LongSupplier nanoTime;
    private final AtomicLong records = new AtomicLong();
    private final AtomicInteger shards = new AtomicInteger();
    private final Recorder latency = new Recorder(3);
    private volatile long awaitedRecords = Long.MAX_VALUE;
    private volatile int awaitedShards = Integer.MAX_VALUE;

    /**
     * A tally of nothing yet.
     *
     * @param nanoTime the machine's monotonic clock, which the putting process reads, too
     */
    public Tally(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A processor of a shard was made. */
    public void shardBegun() {
        if (shards.incrementAndGet() == awaitedShards) {
            print("begun");
        }
    }

    /**
     * A record was processed.
     *
     * @param data its data, which begin with the time of the put
     */
    public void processed(ByteBuffer data) {
        if (data.remaining() >= STAMP) {
            latency.recordValue(Math.max(0, nanoTime.getAsLong() - data.getLong(data.position())));
        }
    }

    /**
     * All records of a batch were processed.
     *
     * @param count how many
     */
    public void processed(int count) {
        long after = records.addAndGet(count);
        if (after >= awaitedRecords && after - count < awaitedRecords) {
            print("reached");
        }
    }

    /** Answers questions until standard input ends. */
    public void answer() throws IOException {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answer(List.of(line.split(" ", -1)));
        }
    }

    private void answer(List<String> question) {
        switch (question.get(0)) {
            case "await" -> {
                awaitedRecords = Long.parseLong(question.get(1));
                if (records.get() >= awaitedRecords) {
                    print("reached");
                }
            }
            case "shards" -> {
                awaitedShards = Integer.parseInt(question.get(1));
                if (shards.get() >= awaitedShards) {
                    print("begun");
                }
            }
            case "measure" -> latency.reset();
            case "report" -> {
                Histogram seen = latency.getIntervalHistogram();
                print(String.format(
                        Locale.ROOT,
                        "latency %d %d %d",
                        seen.getTotalCount(),
                        seen.getValueAtPercentile(50) / 1_000,
                        seen.getValueAtPercentile(99) / 1_000));
            }
            default -> throw new IllegalArgumentException("no such question: " + question);
        }
    }

    private static void print(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
