package io.millrace.benchmarks;

import io.millrace.runtime.TemporaryFolder;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, with an empty folder of its own that goes with it. Belongs to one thread. */
final class ServerUnderTest implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    /** What Linux counts CPU time in, on every system that it runs on today. */
    private static final Duration CLOCK_TICK = Duration.ofMillis(10);

    private final String name;
    private final Process process;
    private final int port;
    private final TemporaryFolder folder;

    private ServerUnderTest(String name, Process process, int port, TemporaryFolder folder) {
        this.name = name;
        this.process = process;
        this.port = port;
        this.folder = folder;
    }

    /** Starts a server and waits until it listens. */
    static ServerUnderTest start(Kind kind, Ticker ticker) throws IOException, InterruptedException {
        TemporaryFolder folder = TemporaryFolder.create("millrace-benchmark");
        int port = freePort();
        ProcessBuilder builder = new ProcessBuilder(kind.command().of(port, folder.path()))
                .directory(kind.directory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.path().resolve("output").toFile());
        builder.environment()
                .putAll(Map.of(
                        "KINESIS_MOCK_PLAIN_PORT", String.valueOf(port),
                        "KINESIS_MOCK_TLS_PORT", String.valueOf(freePort()),
                        "CREATE_STREAM_DURATION", "10ms",
                        "SHARD_LIMIT", "10000",
                        "LOG_LEVEL", "ERROR"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            folder.close();
            throw e;
        }
        ServerUnderTest started = new ServerUnderTest(kind.name(), process, port, folder);
        try {
            started.awaitPort(ticker);
        } catch (IOException e) {
            started.close();
            throw e;
        }
        return started;
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    /** The CPU time that the process itself has used so far, its children's left out. */
    Duration cpu() throws IOException {
        String stat = Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return CLOCK_TICK.multipliedBy(Long.parseLong(fields[11]) + Long.parseLong(fields[12]));
    }

    /** The CPU time that each of its threads has used so far. */
    CpuTimes threads() throws IOException {
        return CpuTimes.of(process.pid());
    }

    /** The most memory that the process has had, in MiB. */
    long peakMemoryMib() throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }

    /** Ends the process without giving it a word. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Ends the process and deletes its folder. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        folder.close();
    }

    private void awaitPort(Ticker ticker) throws IOException, InterruptedException {
        long begun = ticker.nanoTime();
        while (!answers()) {
            if (process.waitFor(50, TimeUnit.MILLISECONDS)
                    || ticker.since(begun).compareTo(START) > 0) {
                throw new IOException(name + " does not start:\n"
                        + Files.readString(folder.path().resolve("output")));
            }
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * What can be measured.
     *
     * @param name its name in the table
     * @param directory where it is started
     * @param command how to start it
     */
    record Kind(String name, Path directory, Command command) {
        /** Our own, from the checkout's launcher. */
        static Kind millrace(Path launcher) {
            return new Kind(
                    "millrace",
                    launcher.resolveSibling(""),
                    (port, folder) -> command(launcher, port, "always", folder.resolve("data")));
        }

        /** Our own with a heap of at most so many MiB. */
        static Kind millraceWithin(int heapMib, Path launcher) {
            return new Kind("millrace", launcher.resolveSibling(""), (port, folder) -> {
                List<String> all = new ArrayList<>(List.of("env", "MILLRACE_JAVA_OPTS=-Xmx" + heapMib + "m"));
                all.addAll(command(launcher, port, "always", folder.resolve("data")));
                return all;
            });
        }

        /** Our own on a folder that stays. */
        static Kind millraceOn(Path data, Path launcher) {
            return new Kind(
                    "millrace", launcher.resolveSibling(""), (port, folder) -> command(launcher, port, "never", data));
        }

        private static List<String> command(Path launcher, int port, String fsync, Path data) {
            return List.of(
                    launcher.toString(),
                    "server",
                    "--port",
                    String.valueOf(port),
                    "--tls-port",
                    "off",
                    "--dynamodb-port",
                    "off",
                    "--fsync",
                    fsync,
                    "--data",
                    data.toString());
        }

        /** The npm package {@code kinesalite}; keeps everything in memory. */
        static Kind kinesalite(Path peers) {
            String script = peers.resolve("node_modules/kinesalite/cli.js").toString();
            return new Kind(
                    "kinesalite",
                    peers,
                    (port, folder) -> List.of(
                            "node",
                            script,
                            "--port",
                            String.valueOf(port),
                            "--createStreamMs",
                            "10",
                            "--shardLimit",
                            "10000"));
        }

        /** The npm package {@code kinesis-local}; keeps everything in memory. */
        static Kind kinesisMock(Path peers) {
            // It reads a file of its package from where it is started.
            Path directory = peers.resolve("node_modules/kinesis-local");
            return new Kind("kinesis-mock", directory, (port, folder) -> List.of("node", "main.js"));
        }
    }

    /** A command line for a port and a folder. */
    @FunctionalInterface
    interface Command {
        List<String> of(int port, Path folder);
    }
}
