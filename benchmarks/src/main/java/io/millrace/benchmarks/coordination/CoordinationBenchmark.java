package io.millrace.benchmarks.coordination;

import com.google.common.base.Splitter;
import io.millrace.benchmarks.StartedProcesses;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The program: runs the scenarios and prints what was seen beside what must be and what the KCL takes. Start it by the script
 * {@code benchmarks/run-coordination}.
 */
@Command(
        name = "benchmarks/run-coordination",
        mixinStandardHelpOptions = true,
        description = "Measure how leases move between real worker processes, on a local server.")
public final class CoordinationBenchmark implements Callable<Integer> {
    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    private final Figures figures = new Figures(out);

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher;

    @Option(names = "--class-path", required = true, hidden = true)
    private String classPath;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "ROW",
            description = "What to measure: start, fleet, children, idle, plan. Default: all.")
    private Set<Scenario> only = Set.of(Scenario.values());

    @Option(names = "--repeats", defaultValue = "3", description = "How often. Default: 3.")
    private int repeats;

    @Option(
            names = "--failover",
            split = ",",
            defaultValue = "3,10",
            description = "Failover times in seconds, for fleet. Default: 3,10.")
    private List<Integer> failover;

    @Option(names = "--shards", split = ",", defaultValue = "4,64,512", description = "For idle. Default: 4,64,512.")
    private List<Integer> shards;

    @Option(names = "--idle-seconds", defaultValue = "60", description = "How long idle counts. Default: 60.")
    private int idleSeconds;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "Where the servers keep their files. Default: /dev/shm, which is in memory, where there is one:"
                            + " on a disk DynamoDB Local waits for it with every write, one after the other.")
    private Path folder = defaultFolder();

    /** What can be left out. */
    enum Scenario {
        START,
        FLEET,
        CHILDREN,
        IDLE,
        PLAN
    }

    /** Runs it; picocli has said why if it could not. */
    public static void main(String[] arguments) {
        StartedProcesses.endWithThis();
        CommandLine command = new CommandLine(new CoordinationBenchmark()).setCaseInsensitiveEnumValuesAllowed(true);
        if (command.execute(arguments) != 0) {
            throw new IllegalStateException("not measured; see above");
        }
    }

    private static Path defaultFolder() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        load("before");
        out.println("# files of the servers: " + folder);
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("reader", 256)) {
            if (only.contains(Scenario.PLAN)) {
                plan(threads);
            }
            if (!only.equals(Set.of(Scenario.PLAN))) {
                try (LocalStack stack = LocalStack.start(folder, launcher, platform, threads)) {
                    run(new Bench(launcher, classPath, stack, platform, threads, figures));
                }
            }
        }
        figures.print();
        out.println();
        load("after");
        return 0;
    }

    private void run(Bench bench) throws IOException, InterruptedException {
        if (only.contains(Scenario.START)) {
            figures.note("start");
            new StartScenario(bench).run(repeats);
        }
        if (only.contains(Scenario.FLEET)) {
            Duration longest = Duration.ofSeconds(failover.get(failover.size() - 1));
            figures.warmUp();
            for (int i = 0; i <= repeats; i++) {
                figures.note("moves, " + i + " of " + repeats);
                new FleetScenario(bench, longest).moves("moves-" + i);
                figures.measure();
            }
            for (int seconds : failover) {
                for (int i = 1; i <= repeats; i++) {
                    figures.note("fleet, F = " + seconds + " s, " + i + " of " + repeats);
                    new FleetScenario(bench, Duration.ofSeconds(seconds)).run("fleet-" + seconds + "-" + i);
                }
            }
        }
        if (only.contains(Scenario.CHILDREN)) {
            figures.note("children");
            new ChildrenScenario(bench).run(repeats);
        }
        if (only.contains(Scenario.IDLE)) {
            figures.note("idle");
            new IdleScenario(bench, out, Duration.ofSeconds(idleSeconds)).run(shards);
        }
    }

    private void plan(Platform.BlockingTasks threads) throws IOException, InterruptedException {
        figures.note("plan");
        for (int i = 0; i < repeats; i++) {
            Queue<String> lines = new ConcurrentLinkedQueue<>();
            List<String> command = Bench.java(launcher, classPath, PlanTime.class, List.of());
            WorkerUnderTest.Start start = new WorkerUnderTest.Start("plan", command, Map.of(), Path.of("/dev/stderr"));
            try (WorkerUnderTest program = WorkerUnderTest.start(start, platform, threads, lines::add)) {
                program.awaitEnd();
            }
            for (String line : lines) {
                List<String> parts = Splitter.on(' ').splitToList(line);
                Row row = Row.valueOf("PLAN_" + parts.get(0).toUpperCase(Locale.ROOT));
                figures.add(row, Double.parseDouble(parts.get(1)));
            }
        }
    }

    private void load(String when) {
        out.println(String.format(
                Locale.ROOT,
                "# load %s: %.1f on %d processors",
                when,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                Runtime.getRuntime().availableProcessors()));
    }
}
