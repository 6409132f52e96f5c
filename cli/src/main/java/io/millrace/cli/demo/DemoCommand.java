package io.millrace.cli.demo;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.cli.streams.LineReader;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.FanOutFlag;
import io.millrace.cli.terminal.GracefulStop;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.model.Bytes;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.TemporaryFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace demo}: the main job for real, in one process tree, with a verdict. */
@Command(
        name = "demo",
        description = {
            "Show the main job: a server, DynamoDB Local, a producer and worker processes that share the shards.",
            "On the way a worker joins, a shard is split, two are merged, and a worker is killed with SIGKILL.",
            "Each of these steps waits for its share of the records, so it meets records on a slow machine, too.",
            "Ends with a report; the exit code is 0 only if no record was lost, the order per key was kept and every step"
                    + " met records.",
            "Interrupted, it ends at once without a report: exit code 130 on SIGINT, 143 on SIGTERM."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final int LEAST_SECONDS = 5;
    private static final int CLICKS_PER_SECOND = 500;
    private static final Duration CHILDREN_DIE = Duration.ofSeconds(1);
    private static final Duration SIGNAL_COMES_LAST = Duration.ofMillis(300);

    private final Terminal terminal;
    private final Platform platform = new SystemPlatform();

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description =
                    "Put the lines of this file, the first word of a line as its key. Default: made-up page views.")
    private @Nullable Path input;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "Over about how many seconds the records are put, at least 5. Default: 30.")
    private int seconds;

    @Option(
            names = "--fan-out",
            arity = "0..1",
            paramLabel = "NAME",
            preprocessor = FanOutFlag.class,
            description =
                    "Let the workers read by enhanced fan-out, as the registered consumer of this name. Default name:"
                            + " demo.")
    private @Nullable String fanOut;

    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    /** Shows what happens on this terminal. The demo brings its own endpoints. */
    public DemoCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        checkConsumer();
        if (seconds < LEAST_SECONDS || seconds > 86_400) {
            throw CommandFailure.usage("--seconds is " + LEAST_SECONDS + " to 86400, not " + seconds);
        }
        List<Bytes> lines =
                input == null ? Clickstream.lines(seconds * CLICKS_PER_SECOND, platform.random()) : read(input);
        DemoReport report = run(lines);
        if (json) {
            terminal.line(report.toJson().toString());
        } else {
            report.toLines().forEach(terminal::line);
        }
        return report.passed() ? CommandFailure.OK : CommandFailure.FAILED;
    }

    private void checkConsumer() {
        if (fanOut != null && !fanOut.equals(FanOutFlag.UNNAMED)) {
            try {
                FanOutConsumer.Named unused = new FanOutConsumer.Named(fanOut);
            } catch (IllegalArgumentException refused) {
                throw CommandFailure.usage("--fan-out: " + refused.getMessage());
            }
        }
    }

    private DemoReport run(List<Bytes> lines) {
        TemporaryFolder folder = DemoStack.newFolder();
        // Held until everything is closed: a signal in the midst of that must not wait for it either.
        try (GracefulStop stop = GracefulStop.interruptible(() -> abandon(folder))) {
            try {
                return run(lines, folder);
            } catch (RuntimeException e) {
                // A signal from the terminal reaches the children as well, and their end looks like a failure.
                Pause.of(SIGNAL_COMES_LAST);
                stop.awaitIfBegun();
                throw e;
            }
        }
    }

    private DemoReport run(List<Bytes> lines, TemporaryFolder folder) {
        terminal.note("starting the server and DynamoDB Local...");
        try (DemoStack stack = DemoStack.start(folder);
                DemoRun run = new DemoRun(stack, terminal, platform, Optional.ofNullable(fanOut))) {
            return run.run(lines, Duration.ofSeconds(seconds));
        }
    }

    /**
     * Interrupted: nothing is judged and nothing is closed in order, for that takes long and its end is not needed; but
     * no process and no file is left behind. The other threads go on until the process ends, unheard.
     */
    private void abandon(TemporaryFolder folder) {
        terminal.lastNote("millrace demo: interrupted; no report");
        ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
        List<ProcessHandle> children = ProcessHandle.current().children().toList();
        children.forEach(ProcessHandle::destroyForcibly);
        CompletableFuture.allOf(children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, CHILDREN_DIE.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        folder.close();
    }

    private static List<Bytes> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw CommandFailure.failed("no such file: " + file);
        }
        List<Bytes> lines = new ArrayList<>();
        try (InputStream stream = Files.newInputStream(file)) {
            LineReader reader = new LineReader(stream);
            for (Optional<Bytes> line = reader.read(); line.isPresent(); line = reader.read()) {
                lines.add(line.get());
            }
        }
        if (lines.isEmpty()) {
            throw CommandFailure.failed(file + " is empty; the demo needs at least one line");
        }
        return lines;
    }
}
