package io.millrace.benchmarks.producer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A sender as a process of its own, with the children that it has. Belongs to one thread. */
final class SenderProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    SenderProcess(List<String> command, Map<String, String> environment, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(log.resolveSibling("").toFile())
                .redirectError(log.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * How a load went.
     *
     * @param millis how long it took
     * @param p50 microseconds from send to stored, the median
     * @param p99 the 99th percentile
     * @param failed how many records are not stored
     * @param cpu what process and children used
     */
    record Result(long millis, long p50, long p99, long failed, Duration cpu) {}

    /** Has it send so many records, so many a second or as fast as it can (0). */
    Result send(int records, int rate) throws IOException {
        Duration before = cpu();
        process.getOutputStream().write((records + " " + rate + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        String line = answers.readLine();
        while (line != null && !line.startsWith("done ")) {
            line = answers.readLine();
        }
        if (line == null) {
            throw new IOException("the sender ended before it was done");
        }
        List<Long> figures =
                Stream.of(line.split(" ", -1)).skip(1).map(Long::parseLong).toList();
        return new Result(figures.get(0), figures.get(1), figures.get(2), figures.get(3), cpu().minus(before));
    }

    private Duration cpu() {
        return Stream.concat(Stream.of(process.toHandle()), process.toHandle().descendants())
                .map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO))
                .reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
