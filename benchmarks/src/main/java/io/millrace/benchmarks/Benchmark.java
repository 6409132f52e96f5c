package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: measures what it is asked to and prints tables. Start it by the script {@code benchmarks/run}. */
@Command(
        name = "benchmarks/run",
        mixinStandardHelpOptions = true,
        description = "Measure the stream server side by side with its peers.")
public final class Benchmark implements Callable<Integer> {
    /** Holds the cache of a stream, 64 MiB, four times. */
    private static final int STALLED_HEAP_MIB = 256;

    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher;

    @Option(names = "--peers", required = true, hidden = true)
    private Path peers;

    @Option(names = "--seconds", defaultValue = "10", description = "How long each figure is measured. Default: 10.")
    private int seconds;

    @Option(names = "--warm-up", defaultValue = "10", description = "Seconds before that. Default: 10.")
    private int warmUp;

    @Option(names = "--only", defaultValue = "", description = "Only workloads whose name matches this expression.")
    private Pattern only;

    @Option(names = "--no-peers", description = "Leave kinesalite and kinesis-mock out.")
    private boolean noPeers;

    @Option(names = "--curve", description = "Measure the cost of a put by number of shards and by what is stored.")
    private boolean curve;

    @Option(names = "--push", description = "Measure put-to-push latency with 1, 5 and 20 pipes.")
    private boolean push;

    @Option(names = "--stalled", description = "Measure what a pipe that reads nothing does while much is put.")
    private boolean stalled;

    @Option(names = "--catch-up", description = "Measure what reading much of one stream does to another's pipes.")
    private boolean catchUp;

    @Option(names = "--gb", defaultValue = "1", description = "For --stalled and --catch-up. Default: 1.")
    private double gb;

    @Option(names = "--mb-per-second", defaultValue = "40", description = "For --stalled. Default: 40.")
    private int mbPerSecond;

    @Option(names = "--rounds", defaultValue = "2", description = "For --stalled and --catch-up. Default: 2.")
    private int rounds;

    @Option(names = "--start", description = "Measure how long the server takes to open --shards and --stored-gb.")
    private boolean start;

    @Option(names = "--encrypted", description = "Measure what encryption at rest costs: the server with and without.")
    private boolean encrypted;

    @Option(names = "--pipes", split = ",", defaultValue = "1,5,20", description = "For --push. Default: 1,5,20.")
    private List<Integer> pipeCounts;

    @Option(names = "--rates", split = ",", defaultValue = "100,1000", description = "For --push: puts a second.")
    private List<Integer> rates;

    @Option(
            names = "--wires",
            split = ",",
            defaultValue = "HTTP_1,HTTP_1_THREADS,HTTP_2",
            description = "For --push: what carries pipes and how they are read. Default: ${DEFAULT-VALUE}.")
    private List<PipeLoad.Wire> wires;

    @Option(
            names = "--threads",
            description = "For --push and --catch-up: show which of the server's threads used its CPU time.")
    private boolean showsThreads;

    @Option(
            names = "--stored-gb",
            split = ",",
            defaultValue = "0,1,4",
            description = "For --curve and --start. Default: 0,1,4.")
    private List<Integer> storedGb;

    @Option(names = "--shards", split = ",", defaultValue = "1,16,256,4096", description = "For --curve and --start.")
    private List<Integer> shards;

    /** Runs it; picocli has said why if it could not. */
    public static void main(String[] arguments) {
        StartedProcesses.endWithThis();
        if (new CommandLine(new Benchmark()).execute(arguments) != 0) {
            throw new IllegalStateException("not measured; see above");
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        LoadRun load = new LoadRun(platform, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds));
        if (start) {
            new StartTime(data -> open(ServerUnderTest.Kind.millraceOn(data, launcher)), platform.ticker(), out)
                    .run(shards, storedGb);
        } else if (encrypted) {
            encryption(load);
        } else if (push) {
            push();
        } else if (stalled) {
            stalled();
        } else if (catchUp) {
            catchUp();
        } else if (curve) {
            new Curve(this::open, load, out).run(shards, storedGb);
        } else {
            compare(load);
        }
        out.println();
        out.println("Limits of this machine, "
                + Runtime.getRuntime().availableProcessors() + " processors, "
                + System.getProperty("os.name") + ":");
        new MachineLimits(platform).lines().forEach(out::println);
        return 0;
    }

    private void push() throws InterruptedException {
        PushLatency latency =
                new PushLatency(platform, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), showsThreads, out);
        latency.header();
        for (PipeLoad.Wire wire : wires) {
            List<PipeLoad> loads = pipes(wire);
            if (wire == PipeLoad.Wire.HTTP_2) {
                loads.add(new PipeLoad(wire, Collections.max(pipeCounts), 1));
            }
            push(latency, ours(), loads, rates);
        }
        for (ServerUnderTest.Kind peer : kinds().subList(1, kinds().size())) {
            // kinesalite has no pipes; kinesis-mock was not seen to speak HTTP/2 without TLS, nor to take 1,000 puts a
            // second.
            if (!peer.name().equals("kinesalite")) {
                for (PipeLoad load : pipes(PipeLoad.Wire.HTTP_1)) {
                    push(latency, peer, List.of(load), rates.subList(0, 1));
                }
            }
        }
    }

    private void stalled() throws IOException, InterruptedException {
        StalledPipe measurement = new StalledPipe(platform, Duration.ofSeconds(warmUp), out);
        out.println("# server with a heap of " + STALLED_HEAP_MIB + " MiB");
        measurement.header();
        for (int round = 0; round < rounds; round++) {
            for (PipeLoad.Wire wire : List.of(PipeLoad.Wire.HTTP_1, PipeLoad.Wire.HTTP_2)) {
                for (boolean isWithStalled : new boolean[] {false, true}) {
                    try (Opened opened = open(ServerUnderTest.Kind.millraceWithin(STALLED_HEAP_MIB, launcher))) {
                        measurement.run(opened, wire, isWithStalled, gb, mbPerSecond);
                    }
                }
            }
        }
    }

    private void catchUp() throws IOException, InterruptedException {
        CatchUp measurement =
                new CatchUp(platform, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds), showsThreads, out);
        measurement.header();
        try (Opened opened = open()) {
            measurement.run(opened, gb, rounds);
        }
    }

    private List<PipeLoad> pipes(PipeLoad.Wire wire) {
        return pipeCounts.stream()
                .map(count -> new PipeLoad(wire, count, 0))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private void push(PushLatency latency, ServerUnderTest.Kind kind, List<PipeLoad> loads, List<Integer> rates)
            throws InterruptedException {
        try (Opened opened = open(kind)) {
            latency.run(opened, loads, rates);
        } catch (IOException e) {
            out.println("# NOT MEASURED: " + loads + " with " + kind.name() + ": " + e);
        }
    }

    private void compare(LoadRun load) throws IOException, InterruptedException {
        Comparison table = new Comparison();
        List<ServerUnderTest.Kind> kinds = kinds();
        for (Workload workload : workloads()) {
            for (ServerUnderTest.Kind kind : kinds) {
                try (Opened opened = open(kind)) {
                    workload.prepare(opened.calls());
                    Measurement seen = load.run(workload, opened.server());
                    table.add(workload.name(), kind.name(), seen);
                    out.println("# " + Comparison.line(workload.name(), kind.name(), seen, ""));
                } catch (IOException e) {
                    out.println("# NOT MEASURED: " + workload.name() + " with " + kind.name() + ": " + e);
                }
            }
        }
        out.println();
        table.lines().forEach(out::println);
    }

    /** Pages of the newest records come out of memory as they were put, so that some of older ones are read too. */
    private void encryption(LoadRun load) throws IOException, InterruptedException {
        List<Workload> all = new ArrayList<>(workloads());
        Gets stored =
                new Gets("GetRecords 5,000 x 1 KiB, beyond the cache, cbor", Form.CBOR, "old", 30, 5_000, 1024, 2);
        if (only.matcher(stored.name()).find()) {
            all.add(stored);
        }
        Comparison table = new Comparison();
        for (Workload workload : all) {
            measure(load, table, "plain", workload);
            measure(load, table, "encrypted", new Encrypted(workload));
        }
        out.println();
        table.lines().forEach(out::println);
    }

    private void measure(LoadRun load, Comparison table, String how, Workload workload)
            throws IOException, InterruptedException {
        try (Opened opened = open()) {
            workload.prepare(opened.calls());
            Measurement seen = load.run(workload, opened.server());
            table.add(workload.name(), how, seen);
            out.println("# " + Comparison.line(workload.name(), how, seen, ""));
        }
    }

    private List<Workload> workloads() {
        List<Workload> all = new ArrayList<>();
        for (Form form : Form.values()) {
            all.add(new Puts("PutRecords 500 x 100 B, " + form, form, "many", 4, 500, 100, 4));
            all.add(new Puts("PutRecord 1 KiB, " + form, form, "single", 4, 1, 1024, 16));
            all.add(new Gets("GetRecords 10,000 x 100 B, " + form, form, "pages", 4, 10_000, 100, 2));
        }
        return all.stream()
                .filter(workload -> only.matcher(workload.name()).find())
                .toList();
    }

    private List<ServerUnderTest.Kind> kinds() {
        List<ServerUnderTest.Kind> kinds = new ArrayList<>();
        kinds.add(ours());
        if (noPeers) {
            return kinds;
        }
        if (Files.exists(peers.resolve("node_modules/kinesalite"))) {
            kinds.add(ServerUnderTest.Kind.kinesalite(peers));
        } else {
            out.println("# NOT MEASURED: kinesalite is not in " + peers);
        }
        if (Files.exists(peers.resolve("node_modules/kinesis-local"))) {
            kinds.add(ServerUnderTest.Kind.kinesisMock(peers));
        } else {
            out.println("# NOT MEASURED: kinesis-local is not in " + peers);
        }
        return kinds;
    }

    private ServerUnderTest.Kind ours() {
        return ServerUnderTest.Kind.millrace(launcher);
    }

    private Opened open() throws IOException, InterruptedException {
        return open(ours());
    }

    private Opened open(ServerUnderTest.Kind kind) throws IOException, InterruptedException {
        ServerUnderTest server = ServerUnderTest.start(kind, platform.ticker());
        try {
            Connection connection = new Connection(server.port());
            return new Opened(server, connection, new StreamCalls(connection, Benchmark::pause));
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static void pause(Duration duration) {
        var unused = new CompletableFuture<Boolean>()
                .completeOnTimeout(true, duration.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    /** A server and a connection to set it up by. */
    record Opened(ServerUnderTest server, Connection connection, StreamCalls calls) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            connection.close();
            server.close();
        }
    }
}
