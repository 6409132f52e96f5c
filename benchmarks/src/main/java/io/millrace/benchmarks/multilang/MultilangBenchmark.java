package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.StartedProcesses;
import io.millrace.benchmarks.coordination.LocalStack;
import io.millrace.benchmarks.multilang.Speech.Language;
import io.millrace.benchmarks.multilang.Speech.Way;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: runs the scenarios and prints a table for each. Start it by the script {@code benchmarks/run-multilang}. */
@Command(
        name = "benchmarks/run-multilang",
        mixinStandardHelpOptions = true,
        description =
                "Measure children in Python and Node.js, told by frames, by lines, and by Amazon's MultiLangDaemon.")
public final class MultilangBenchmark implements Callable<Integer> {
    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    @Option(names = "--top", required = true, hidden = true)
    private Path top;

    @Option(names = "--amazon-class-path", required = true, hidden = true)
    private String amazonClassPath;

    @Option(names = "--clients", required = true, hidden = true)
    private Path clients;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "TABLE",
            description = "The tables: speed, catch_up, memory, restart. Default: all.")
    private Set<Scenario> only = Set.of(Scenario.values());

    @Option(names = "--languages", split = ",", description = "${COMPLETION-CANDIDATES}. Default: all.")
    private List<Language> languages = List.of(Language.values());

    @Option(names = "--ways", split = ",", description = "${COMPLETION-CANDIDATES}. Default: all.")
    private List<Way> ways = List.of(Way.values());

    @Option(names = "--bytes", split = ",", defaultValue = "100,1024", description = "Of a record. Default: 100,1024.")
    private List<Integer> sizes;

    @Option(
            names = "--batches",
            split = ",",
            defaultValue = "1,100,1000",
            description = "Records, for speed. Default: 1,100,1000.")
    private List<Integer> batches;

    @Option(
            names = "--fields",
            defaultValue = "Data",
            description = "What the handler looks at, for speed: Data, or Everything. Default: Data.")
    private String handler;

    @Option(names = "--seconds", defaultValue = "4", description = "How long a row of speed counts. Default: 4.")
    private int seconds;

    @Option(names = "--warm-up", defaultValue = "4", description = "Seconds before that. Default: 4.")
    private int warmUp;

    @Option(
            names = "--records",
            defaultValue = "1000000",
            description = "To catch up with; a fifth of it from 1,000 B on. Default: 1000000.")
    private long records;

    @Option(names = "--shards", split = ",", defaultValue = "1,16,100", description = "For memory. Default: 1,16,100.")
    private List<Integer> shards;

    @Option(names = "--kills", defaultValue = "9", description = "For restart; three at most of Amazon's. Default: 9.")
    private int kills;

    @Option(names = "--quick", description = "Few seconds, records and kills: to see that all of it runs.")
    private boolean isQuick;

    @Option(
            names = "--java-option",
            paramLabel = "FLAG",
            description = "A flag of every daemon's JVM, such as -XX:TieredStopAtLevel=4; can be given again.")
    private List<String> javaOptions = List.of();

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description =
                    "Where the servers keep their files. Default: /dev/shm, which is in memory, where there is one.")
    private Path folder = defaultFolder();

    private MultilangBenchmark() {}

    /** The tables. */
    enum Scenario {
        SPEED,
        CATCH_UP,
        MEMORY,
        RESTART
    }

    /** Runs the program; picocli has said why if it could not. */
    public static void main(String[] arguments) {
        StartedProcesses.endWithThis();
        CommandLine command = new CommandLine(new MultilangBenchmark()).setCaseInsensitiveEnumValuesAllowed(true);
        if (command.execute(arguments) != 0) {
            throw new IllegalStateException("not measured; see above");
        }
    }

    private static Path defaultFolder() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    @Override
    public Integer call() throws Exception {
        if (isQuick) {
            beQuick();
        }
        Peers peers = new Peers(top, amazonClassPath, clients, javaOptions);
        load("before");
        for (Language language : languages) {
            if (only.contains(Scenario.SPEED)) {
                new SpeedScenario(
                                peers, platform, out, handler, Duration.ofSeconds(warmUp), Duration.ofSeconds(seconds))
                        .run(speeches(peers, language), sizes, batches);
            }
        }
        if (only.contains(Scenario.CATCH_UP) || only.contains(Scenario.MEMORY) || only.contains(Scenario.RESTART)) {
            withDaemons(peers);
        }
        out.println();
        load("after");
        return 0;
    }

    private void beQuick() {
        seconds = 1;
        warmUp = 1;
        records = 50_000;
        shards = shards.subList(0, Math.min(2, shards.size()));
        kills = 1;
    }

    private List<Speech> speeches(Peers peers, Language language) {
        List<Speech> speeches = new ArrayList<>();
        for (Way way : ways) {
            Speech speech = new Speech(language, way);
            if (peers.has(speech)) {
                speeches.add(speech);
            }
        }
        return speeches;
    }

    private void withDaemons(Peers peers) throws IOException, InterruptedException {
        List<Speech> speeches = languages.stream()
                .flatMap(language -> speeches(peers, language).stream())
                .toList();
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("reader", 64);
                TemporaryFolder notes = TemporaryFolder.createIn(folder, "millrace-multilang");
                LocalStack stack = LocalStack.start(folder, top.resolve("millrace"), platform, threads)) {
            DaemonBench bench = new DaemonBench(peers, stack, notes.path(), platform, threads, out);
            if (only.contains(Scenario.CATCH_UP)) {
                new CatchUpScenario(bench).run(speeches, sizes, records);
            }
            if (only.contains(Scenario.MEMORY)) {
                new MemoryScenario(bench).run(speeches, shards);
            }
            if (only.contains(Scenario.RESTART)) {
                new RestartScenario(bench).run(speeches, kills);
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
