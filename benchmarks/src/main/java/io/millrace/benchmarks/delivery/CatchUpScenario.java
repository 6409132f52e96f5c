package io.millrace.benchmarks.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A backlog that is read from its beginning to its end by one worker after the other. Belongs to one thread. */
final class CatchUpScenario {
    private static final Duration START = Duration.ofMinutes(5);
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private final DeliveryBench bench;

    CatchUpScenario(DeliveryBench bench) {
        this.bench = bench;
    }

    void run(List<Reader> readers, int shards, long records) throws IOException, InterruptedException {
        String stream = "backlog";
        bench.stack().createStream(stream, shards);
        bench.note("putting " + records + " records");
        new Feed(bench.stack(), bench.platform().ticker(), stream).fill(records);
        bench.out().println();
        bench.out().println("Catching up with " + records + " records of 100 B on " + shards + " shards");
        bench.out().println();
        bench.out()
                .println(
                        "| reader | CPU s a million, from the start | from the first record | records/s | MiB | threads |");
        bench.out().println("|---|---|---|---|---|---|");
        for (Reader reader : readers) {
            bench.note("catching up: " + reader.title());
            bench.out().println(read(reader, stream, records));
        }
    }

    private String read(Reader reader, String stream, long records) throws IOException, InterruptedException {
        try (ReaderProcess process = ReaderProcess.start(bench, reader, stream)) {
            process.awaitRecords(1, START);
            long startCpu = process.cpuMillis();
            long begun = bench.platform().ticker().nanoTime();
            process.awaitRecords(records, LIMIT);
            long cpu = process.cpuMillis();
            double seconds = bench.platform().ticker().since(begun).toNanos() / 1e9;
            return String.format(
                    Locale.ROOT,
                    "| %s | %.2f | %.2f | %,.0f | %d | %d |",
                    reader.title(),
                    cpu * 1e3 / records,
                    (cpu - startCpu) * 1e3 / records,
                    records / seconds,
                    process.residentMib(),
                    process.threads());
        }
    }
}
