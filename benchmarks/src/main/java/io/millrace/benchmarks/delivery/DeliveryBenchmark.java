package io.millrace.benchmarks.delivery;

import io.millrace.benchmarks.StartedProcesses;
import io.millrace.benchmarks.coordination.LocalStack;
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
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The program: runs the scenarios and prints a table for each. Start it by the script {@code benchmarks/run-delivery}.
 */
@Command(
        name = "benchmarks/run-delivery",
        mixinStandardHelpOptions = true,
        description = "Measure a worker beside one of the Kinesis Client Library, on one local server and table.")
public final class DeliveryBenchmark implements Callable<Integer> {
    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher;

    @Option(names = "--class-path", required = true, hidden = true)
    private String classPath;

    @Option(names = "--kcl-class-path", required = true, hidden = true)
    private String kclClassPath;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "TABLE",
            description = "The tables: catch_up, tip, idle. Default: all.")
    private Set<Scenario> only = Set.of(Scenario.values());

    @Option(
            names = "--readers",
            split = ",",
            paramLabel = "READER",
            description = "The readers: ${COMPLETION-CANDIDATES}. Default: all.")
    private List<Reader> readers = List.of(Reader.values());

    @Option(names = "--records", defaultValue = "2000000", description = "To catch up with. Default: 2000000.")
    private long records;

    @Option(names = "--rate", defaultValue = "500", description = "Records a second at the tip. Default: 500.")
    private int rate;

    @Option(names = "--shards", defaultValue = "4", description = "For catch_up and tip. Default: 4.")
    private int shards;

    @Option(names = "--idle-shards", split = ",", defaultValue = "64,256,1000", description = "Default: 64,256,1000.")
    private List<Integer> idleShards;

    @Option(names = "--seconds", defaultValue = "60", description = "How long tip and idle count. Default: 60.")
    private int seconds;

    @Option(names = "--warm-up", defaultValue = "30", description = "Seconds before that. Default: 30.")
    private int warmUp;

    @Option(
            names = "--java-option",
            paramLabel = "FLAG",
            description = "A flag of every reader's JVM, such as -XX:TieredStopAtLevel=1; can be given again.")
    private List<String> javaOptions = List.of();

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "Where the servers keep their files. Default: /dev/shm, which is in memory, where there is one.")
    private Path folder = defaultFolder();

    /** The tables. */
    enum Scenario {
        CATCH_UP,
        TIP,
        IDLE
    }

    /** Runs it; picocli has said why if it could not. */
    public static void main(String[] arguments) {
        StartedProcesses.endWithThis();
        CommandLine command = new CommandLine(new DeliveryBenchmark()).setCaseInsensitiveEnumValuesAllowed(true);
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
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("reader", 64);
                LocalStack stack = LocalStack.start(folder, launcher, platform, threads)) {
            run(new DeliveryBench(classPath, kclClassPath, javaOptions, stack, platform, threads, out));
        }
        out.println();
        load("after");
        return 0;
    }

    private void run(DeliveryBench bench) throws IOException, InterruptedException {
        Duration before = Duration.ofSeconds(warmUp);
        Duration window = Duration.ofSeconds(seconds);
        if (only.contains(Scenario.CATCH_UP)) {
            new CatchUpScenario(bench).run(readers, shards, records);
        }
        if (only.contains(Scenario.TIP)) {
            new TipScenario(bench, before, window).run(readers, shards, rate);
        }
        if (only.contains(Scenario.IDLE)) {
            new IdleScenario(bench, before, window).run(readers, idleShards);
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
