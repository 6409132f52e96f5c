package io.millrace.benchmarks.producer;

import io.millrace.benchmarks.StartedProcesses;
import io.millrace.benchmarks.coordination.LocalStack;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: has each sender warm up, store as fast as it can, and store at a rate. Start it by {@code benchmarks/run-producer}. */
@Command(
        name = "benchmarks/run-producer",
        mixinStandardHelpOptions = true,
        description = "Measure our producer beside the Kinesis Producer Library, on one local server, over TLS.")
public final class ProducerBenchmark implements Callable<Integer> {
    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    @Option(names = "--launcher", required = true, hidden = true)
    private Path launcher;

    @Option(names = "--class-path", required = true, hidden = true)
    private String classPath;

    @Option(names = "--kpl-class-path", required = true, hidden = true)
    private String kplClassPath;

    @Option(names = "--records", defaultValue = "1000000", description = "As fast as it goes. Default: 1000000.")
    private int records;

    @Option(names = "--bytes", defaultValue = "100", description = "Of a record. Default: 100.")
    private int bytes;

    @Option(names = "--rate", defaultValue = "2000", description = "Records a second. Default: 2000.")
    private int rate;

    @Option(names = "--seconds", defaultValue = "20", description = "How long at that rate. Default: 20.")
    private int seconds;

    @Option(names = "--shards", defaultValue = "4", description = "Default: 4.")
    private int shards;

    @Option(
            names = "--folder",
            paramLabel = "DIR",
            description = "Where the server keeps its files. Default: /dev/shm.")
    private Path folder = Path.of("/dev/shm");

    /** Runs it; picocli has said why if it could not. */
    public static void main(String[] arguments) {
        StartedProcesses.endWithThis();
        if (new CommandLine(new ProducerBenchmark()).execute(arguments) != 0) {
            throw new IllegalStateException("not measured; see above");
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        load("before");
        out.println("| sender | records/s | CPU s a million, its children included | p50 / p99 at " + rate
                + "/s, ms | CPU s a minute at that rate | failed |");
        out.println("|---|---|---|---|---|---|");
        try (Platform.BlockingTasks threads = platform.newBlockingTasks("reader", 8);
                LocalStack stack = LocalStack.start(folder, launcher, platform, threads)) {
            measure(stack, "millrace", "io.millrace.benchmarks.producer.MillraceSender", classPath);
            measure(stack, "kpl", "io.millrace.benchmarks.kpl.KplSender", kplClassPath);
        }
        load("after");
        return 0;
    }

    private void measure(LocalStack stack, String name, String mainClass, String from) throws IOException {
        stack.createStream(name, shards);
        URI plain = URI.create(stack.environment().getOrDefault("AWS_ENDPOINT_URL_KINESIS", ""));
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                from,
                mainClass,
                "https://" + plain.getAuthority(),
                name,
                Integer.toString(bytes));
        try (SenderProcess sender = new SenderProcess(command, stack.environment(), stack.log(name))) {
            sender.send(records, 0);
            SenderProcess.Result fast = sender.send(records, 0);
            sender.send(rate * 2, rate);
            SenderProcess.Result paced = sender.send(rate * seconds, rate);
            out.println(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %.2f | %.1f / %.1f | %.2f | %d |",
                    name,
                    records * 1_000L / Math.max(1, fast.millis()),
                    fast.cpu().toMillis() * 1e3 / records,
                    paced.p50() / 1e3,
                    paced.p99() / 1e3,
                    paced.cpu().toMillis() * 60.0 / Math.max(1, paced.millis()),
                    fast.failed() + paced.failed()));
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
