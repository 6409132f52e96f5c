package io.millrace.benchmarks.delivery;

import io.millrace.benchmarks.coordination.WorkerUnderTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A reader of one stream, a process of its own, and the questions that it answers. Belongs to one thread. */
final class ReaderProcess implements AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final WorkerUnderTest process;
    private final BlockingQueue<String> answers;
    private final String title;

    private ReaderProcess(WorkerUnderTest process, BlockingQueue<String> answers, String title) {
        this.process = process;
        this.answers = answers;
        this.title = title;
    }

    /** Starts a reader of {@code stream}, whose application is called as the reader and the stream. */
    static ReaderProcess start(DeliveryBench bench, Reader reader, String stream) throws IOException {
        String application = stream + "-" + reader.name().toLowerCase(Locale.ROOT);
        List<String> command = Stream.of(
                        bench.javaCommand(),
                        List.of("-cp", reader.isKcl() ? bench.kclClassPath() : bench.classPath()),
                        reader.command(application, stream))
                .flatMap(List::stream)
                .toList();
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        WorkerUnderTest process = WorkerUnderTest.start(
                new WorkerUnderTest.Start(
                        application,
                        command,
                        bench.stack().environment(),
                        bench.stack().log(application)),
                bench.platform(),
                bench.threads(),
                answers::add);
        return new ReaderProcess(process, answers, reader.title());
    }

    /** Waits until {@code records} records are processed, counted from its start. */
    void awaitRecords(long records, Duration limit) throws IOException, InterruptedException {
        process.tell("await " + records);
        String unused = answer("reached", limit);
    }

    /** Waits until the processors of {@code shards} shards are made, counted from its start. */
    void awaitShards(int shards, Duration limit) throws IOException, InterruptedException {
        process.tell("shards " + shards);
        String unused = answer("begun", limit);
    }

    /** Forgets the latencies so far. */
    void measure() throws IOException {
        process.tell("measure");
    }

    /** The latencies since {@link #measure}. */
    Latency latency() throws IOException, InterruptedException {
        process.tell("report");
        List<Long> figures = Stream.of(answer("latency", Duration.ofSeconds(30)).split(" ", -1))
                .skip(1)
                .map(Long::parseLong)
                .toList();
        return new Latency(figures.get(0), figures.get(1) / 1e3, figures.get(2) / 1e3);
    }

    /** CPU time so far, in milliseconds. */
    long cpuMillis() throws IOException {
        return process.cpuMillis().orElseThrow(() -> new IOException("CPU time is known on Linux only"));
    }

    /** Resident memory in MiB. */
    long residentMib() throws IOException {
        return process.status("VmRSS").orElse(0) / 1024;
    }

    long threads() throws IOException {
        return process.status("Threads").orElse(0);
    }

    private String answer(String kind, Duration limit) throws IOException, InterruptedException {
        long looks = Math.max(1, limit.dividedBy(LOOK_AGAIN));
        for (long look = 0; look < looks && process.isAlive(); look++) {
            @Nullable String line = answers.poll(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            while (line != null && !line.startsWith(kind)) {
                line = answers.poll();
            }
            if (line != null) {
                return line;
            }
        }
        throw new IOException(title + (process.isAlive() ? " did not answer '" : " ended before it answered '") + kind
                + "' within " + limit.toSeconds() + " s");
    }

    @Override
    public void close() {
        process.close();
    }

    /**
     * From put to process.
     *
     * @param records how many records were measured
     * @param p50 the median in milliseconds
     * @param p99 the 99th percentile in milliseconds
     */
    record Latency(long records, double p50, double p99) {}
}
