package io.millrace.benchmarks.multilang;

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
import io.millrace.runtime.TemporaryFolder;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * One child that is told the same batch again and again by the code of the daemons: what speaking costs, without a stream. Ours runs in
 * this JVM, Amazon's in one of its own with the same flags. Belongs to one thread.
 *
 * @param warmUp how long it is told before it counts
 * @param window how long it counts
 */
record SpeedScenario(
        Peers peers, Platform platform, PrintWriter out, String handler, Duration warmUp, Duration window) {
    private static final Checkpoints NONE = Checkpoints.refused("InvalidStateException");

    void run(List<Speech> speeches, List<Integer> sizes, List<Integer> batches) throws Exception {
        out.println();
        out.println("| child | bytes | batch | records/s | CPU us a record, child | the same, daemon |");
        out.println("|---|---|---|---|---|---|");
        for (int size : sizes) {
            for (int batch : batches) {
                for (Speech speech : speeches) {
                    Told told = speech.isAmazons() ? byAmazon(speech, size, batch) : byUs(speech, size, batch);
                    out.println(told.row(speech, size, batch));
                }
            }
        }
    }

    /** Records that were told, in how much time, and of whose CPU time. */
    private record Told(double records, double nanos, double inChild, double inDaemon) {
        String row(Speech speech, int size, int batch) {
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %,.0f | %.2f | %.2f |",
                    speech,
                    size,
                    batch,
                    records / (nanos / 1e9),
                    inChild / 1e3 / records,
                    inDaemon / 1e3 / records);
        }
    }

    private Told byUs(Speech speech, int size, int batch) throws IOException {
        CompletableFuture<Long> started = new CompletableFuture<>();
        ChildListener listener = new ChildListener() {
            @Override
            public void started(ChildName child, long pid) {
                started.complete(pid);
            }
        };
        ChildLimits limits = ChildLimits.DEFAULT.withMessage(Duration.ofMinutes(2));
        try (Children children = Children.of(speech.command(peers, handler, 1), limits, listener, platform)) {
            Child child = children.newChild(new ChildName(new StreamName("orders"), ShardId.of(0)));
            FromChild.Result unused = child.start(
                            ToChild.Initialize.at(ShardId.of(0), Checkpoint.notStarted(Position.trimHorizon())))
                    .join();
            long pid = started.join();
            long self = ProcessHandle.current().pid();
            ToChild records = new ToChild.ProcessRecords(records(size, batch), 0);
            long unusedCount = tell(child, records, warmUp);
            long childBefore = ProcessFigures.cpuNanos(pid);
            long selfBefore = ProcessFigures.cpuNanos(self);
            long began = platform.ticker().nanoTime();
            long told = tell(child, records, window) * batch;
            long took = platform.ticker().nanoTime() - began;
            return new Told(
                    told, took, ProcessFigures.cpuNanos(pid) - childBefore, ProcessFigures.cpuNanos(self) - selfBefore);
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

    private Told byAmazon(Speech speech, int size, int batch) throws IOException, InterruptedException {
        try (TemporaryFolder folder = TemporaryFolder.create("millrace-multilang")) {
            Path properties = Files.writeString(
                    folder.path().resolve("daemon.properties"),
                    "executableName = " + String.join(" ", speech.words(peers, handler))
                            + "\napplicationName = benchmark\nstreamName = orders\nregionName = us-east-1\n"
                            + "AwsCredentialsProvider = DefaultCredentialsProvider\n");
            List<String> arguments = List.of(
                    properties.toString(),
                    String.valueOf(size),
                    String.valueOf(batch),
                    String.valueOf(warmUp.toSeconds()),
                    String.valueOf(window.toSeconds()));
            List<String> command = peers.amazonCommand("io.millrace.benchmarks.kclmultilang.AmazonsChild", arguments);
            // The flags of this JVM.
            command.addAll(1, List.of("-Xss512k", "-XX:+UseSerialGC"));
            Process process = new ProcessBuilder(command)
                    .redirectError(folder.path().resolve("log").toFile())
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0 || !said.startsWith("told ")) {
                throw new IOException(speech + " was not measured: " + said);
            }
            String[] figures = said.strip().split(" ", -1);
            return new Told(
                    Double.parseDouble(figures[1]),
                    Double.parseDouble(figures[2]),
                    Double.parseDouble(figures[3]),
                    Double.parseDouble(figures[4]));
        }
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
