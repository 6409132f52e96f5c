package io.millrace.benchmarks.multilang;

import io.millrace.benchmarks.multilang.Speech.Language;
import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.child.Checkpoints;
import io.millrace.multilang.child.Child;
import io.millrace.multilang.child.ChildLimits;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import io.millrace.multilang.child.Children;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: prints a table of speed and one of memory. Start it by the script {@code benchmarks/run-multilang}. */
@Command(
        name = "benchmarks/run-multilang",
        mixinStandardHelpOptions = true,
        description = "Measure children in Python and Node.js, told by frames and by lines.")
public final class MultilangBenchmark implements Callable<Integer> {
    private static final Checkpoints NONE = Checkpoints.refused("InvalidStateException");

    private final Platform platform = new SystemPlatform();
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    @Option(names = "--top", required = true, hidden = true)
    private Path top;

    @Option(names = "--languages", split = ",", description = "${COMPLETION-CANDIDATES}. Default: all.")
    private List<Language> languages = List.of(Language.values());

    @Option(names = "--bytes", split = ",", defaultValue = "100,1024", description = "Of a record. Default: 100,1024.")
    private List<Integer> sizes;

    @Option(
            names = "--batches",
            split = ",",
            defaultValue = "1,100,1000",
            description = "Records. Default: 1,100,1000.")
    private List<Integer> batches;

    @Option(
            names = "--fields",
            defaultValue = "Data",
            description = "What the handler looks at: Data, or Everything. Default: Data.")
    private String handler;

    @Option(names = "--seconds", defaultValue = "4", description = "How long each row counts. Default: 4.")
    private int seconds;

    @Option(names = "--warm-up", defaultValue = "2", description = "Seconds before that. Default: 2.")
    private int warmUp;

    @Option(names = "--shards", split = ",", defaultValue = "1,16,100", description = "For memory. Default: 1,16,100.")
    private List<Integer> shards;

    @Option(names = "--no-memory", description = "Leave the second table out.")
    private boolean isWithoutMemory;

    private MultilangBenchmark() {}

    /** Runs the program. */
    public static void main(String[] arguments) {
        CommandLine command = new CommandLine(new MultilangBenchmark()).setCaseInsensitiveEnumValuesAllowed(true);
        if (command.execute(arguments) != 0) {
            throw new IllegalStateException("not measured; see above");
        }
    }

    @Override
    public Integer call() throws Exception {
        out.println("| child | bytes | batch | records/s | CPU us a record, child | the same, daemon |");
        out.println("|---|---|---|---|---|---|");
        for (Language language : languages) {
            for (int size : sizes) {
                for (int batch : batches) {
                    speed(new Speech(language, true), size, batch);
                    speed(new Speech(language, false), size, batch);
                }
            }
        }
        if (!isWithoutMemory) {
            out.println();
            out.println("| child | shards | processes | MB in all |");
            out.println("|---|---|---|---|");
            for (Language language : languages) {
                for (int count : shards) {
                    memory(new Speech(language, true), count);
                    memory(new Speech(language, false), count);
                }
            }
        }
        return 0;
    }

    private void speed(Speech speech, int size, int batch) throws Exception {
        Queue<Long> pids = new ConcurrentLinkedQueue<>();
        try (Children children = children(speech, 1, pids)) {
            Child child = started(children, 0).join();
            long pid = pids.remove();
            long self = ProcessHandle.current().pid();
            ToChild records = new ToChild.ProcessRecords(records(size, batch), 0);
            tell(child, records, Duration.ofSeconds(warmUp));
            long childBefore = ProcessFigures.cpuNanos(pid);
            long daemonBefore = ProcessFigures.cpuNanos(self);
            long began = platform.ticker().nanoTime();
            long told = tell(child, records, Duration.ofSeconds(seconds)) * batch;
            double took = platform.ticker().nanoTime() - began;
            double inChild = ProcessFigures.cpuNanos(pid) - childBefore;
            double inDaemon = ProcessFigures.cpuNanos(self) - daemonBefore;
            out.printf(
                    Locale.ROOT,
                    "| %s | %d | %d | %,.0f | %.2f | %.2f |%n",
                    speech,
                    size,
                    batch,
                    told / (took / 1e9),
                    inChild / 1e3 / told,
                    inDaemon / 1e3 / told);
        }
    }

    /** Tells a child batches for so long; returns how many. */
    private long tell(Child child, ToChild records, Duration time) {
        Ticker ticker = platform.ticker();
        long began = ticker.nanoTime();
        long told = 0;
        while (ticker.since(began).compareTo(time) < 0) {
            FromChild.Result result = child.tell(records, NONE).join();
            if (!(result instanceof FromChild.Result.Processed)) {
                throw new IllegalStateException("the handler failed: " + result);
            }
            told++;
        }
        return told;
    }

    private void memory(Speech speech, int count) throws IOException {
        Queue<Long> pids = new ConcurrentLinkedQueue<>();
        ToChild records = new ToChild.ProcessRecords(records(1_024, 100), 0);
        try (Children children = children(speech, count, pids)) {
            List<CompletableFuture<Child>> starts = new ArrayList<>();
            for (int shard = 0; shard < count; shard++) {
                starts.add(started(children, shard));
            }
            for (CompletableFuture<Child> start : starts) {
                Child child = start.join();
                for (int i = 0; i < 20; i++) {
                    child.tell(records, NONE).join();
                }
            }
            long kilobytes = 0;
            List<Long> processes = pids.stream().distinct().toList();
            for (long pid : processes) {
                kilobytes += ProcessFigures.memory(pid);
            }
            out.printf(Locale.ROOT, "| %s | %d | %d | %.0f |%n", speech, count, processes.size(), kilobytes / 1_024.0);
        }
    }

    private Children children(Speech speech, int shardsPerProcess, Queue<Long> pids) {
        ChildListener listener = new ChildListener() {
            @Override
            public void started(ChildName child, long pid) {
                pids.add(pid);
            }
        };
        ChildLimits limits = ChildLimits.DEFAULT.withMessage(Duration.ofMinutes(2));
        return Children.of(speech.command(top, handler, shardsPerProcess), limits, listener, platform);
    }

    private static CompletableFuture<Child> started(Children children, int shard) {
        Child child = children.newChild(new ChildName(new StreamName("orders"), ShardId.of(shard)));
        return child.start(ToChild.Initialize.at(ShardId.of(shard), Checkpoint.notStarted(Position.trimHorizon())))
                .thenApply(answered -> child);
    }

    private static List<StreamRecord> records(int size, int count) {
        Random random = new Random(1);
        List<StreamRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] data = new byte[size];
            random.nextBytes(data);
            SequenceNumber number = SequenceNumber.of(1_700_000_000, 0, i, 1_700_000_000);
            records.add(new StreamRecord(
                    RecordPosition.of(number),
                    "customer-" + i,
                    Bytes.wrap(data),
                    Instant.ofEpochSecond(1_700_000_000)));
        }
        return records;
    }
}
