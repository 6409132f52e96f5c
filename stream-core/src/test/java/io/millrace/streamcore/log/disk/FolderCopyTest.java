package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.model.Bytes;
import io.millrace.sim.Simulation;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.log.backup.FolderCopy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A folder is copied while a server writes to it, between any two reads of the copy. Real files, virtual time. */
final class FolderCopyTest {
    private static final LogSettings SETTINGS = LogSettings.DEFAULTS
            .withFsync(FsyncPolicy.NEVER)
            .withSegmentBytes(EngineRig.SMALL_SEGMENT)
            .withCacheBytes(0);
    private static final int SEEDS = Integer.getInteger("seeds", 20);
    /** How far the log may be ahead of what the catalog says. */
    private static final int AHEAD = 5;

    @TempDir
    private Path temporary;

    @Test
    void whateverIsWrittenBetweenReadsTheCopyIsOneMomentAfterItsBeginning() throws IOException {
        int grown = 0;
        int taken = 0;
        Long only = Long.getLong("seed");
        for (long seed = only == null ? 0 : only; seed < (only == null ? SEEDS : only + 1); seed++) {
            Server server = new Server(Files.createDirectory(temporary.resolve("data" + seed)), seed);
            for (int i = 0; i < 20; i++) {
                server.change();
            }
            int before = server.acknowledged.size();
            Path copy = Files.createDirectory(temporary.resolve("copy" + seed));
            new FolderCopy(server.data, copy, server::changeNowAndThen).run();
            Found found = open(copy);
            String what =
                    "seed " + seed + ": " + before + " acknowledged before, " + server.acknowledged.size() + " after";
            assertThat(found.first)
                    .as(what)
                    .isLessThanOrEqualTo(server.log.bounds(0).first());
            assertThat(found.end()).as(what).isBetween((long) before, (long) server.acknowledged.size());
            assertThat(found.records).as(what).isEqualTo(server.acknowledged.subList((int) found.first, (int)
                    found.end()));
            assertThat(found.end()).as(what).isBetween(found.atLeast, found.atMost);
            grown += found.end() > before ? 1 : 0;
            taken += found.first > 0 ? 1 : 0;
            server.rig.close();
            assertThat(open(copy)).as(what + ", opened again").isEqualTo(found);
        }
        if (only == null) {
            assertThat(grown).as("copies with records that came meanwhile").isBetween(1, SEEDS);
            assertThat(taken)
                    .as("copies of logs whose first segments were gone")
                    .isPositive();
        }
    }

    @Test
    void anAppendThatIsBeingWrittenIsLeftOutWithoutAWord() throws IOException {
        Server server = new Server(Files.createDirectory(temporary.resolve("data")), 1);
        server.append("x".repeat(100));
        Path newest = server.newest();
        int end = (int) Files.size(newest);
        server.append("y".repeat(1_000));
        byte[] bytes = Files.readAllBytes(newest);
        server.rig.close();
        for (int cut : new int[] {end + 1, end + Frame.HEADER_BYTES, bytes.length - 1}) {
            Path folder = temporary.resolve("cut" + cut);
            crashedCopy(server.data, folder, newest, Arrays.copyOf(bytes, cut));
            assertThat(open(folder).records).as("cut at %s", cut).containsExactly("x".repeat(100));
        }
        byte[] flipped = bytes.clone();
        flipped[bytes.length - 1] ^= 1;
        Path damaged = temporary.resolve("flipped");
        crashedCopy(server.data, damaged, newest, flipped);
        assertThatThrownBy(() -> open(damaged))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("the last bytes do not match their checksum");
    }

    /** A copy of a folder whose newest segment has these bytes and whose server was not stopped in good order. */
    private static void crashedCopy(Path data, Path copy, Path newest, byte[] bytes) throws IOException {
        new FolderCopy(data, Files.createDirectory(copy), () -> {}).run();
        Files.delete(copy.resolve("clean-stop"));
        Files.write(copy.resolve(data.relativize(newest)), bytes, StandardOpenOption.TRUNCATE_EXISTING);
    }

    @Test
    void anythingButAnUnfinishedAppendIsDamageOfACleanlyStoppedFolder() throws IOException {
        Server server = new Server(Files.createDirectory(temporary.resolve("data")), 1);
        server.append("x");
        Path newest = server.newest();
        server.rig.close();
        byte[] bytes = Files.readAllBytes(newest);
        Files.write(newest, Arrays.copyOf(bytes, bytes.length - 1));
        Path copy = Files.createDirectory(temporary.resolve("copy"));
        new FolderCopy(server.data, copy, () -> {}).run();
        assertThatThrownBy(() -> open(copy)).isInstanceOf(CorruptLogException.class);
    }

    @Test
    void aCatalogThatNeverRestsIsToldAndNoCopyIsMade() throws IOException {
        Server server = new Server(Files.createDirectory(temporary.resolve("data")), 1);
        server.append("x");
        Path copy = Files.createDirectory(temporary.resolve("copy"));
        assertThatThrownBy(() -> new FolderCopy(server.data, copy, server::commit).run())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("catalog.log changes faster than it can be copied");
        assertThat(copy.resolve("catalog.log")).doesNotExist();
        server.rig.close();
    }

    /** Opens a copy as a backup does, and closes it; a server finds nothing to say about it. */
    private static Found open(Path copy) {
        Logger logger = (Logger) LoggerFactory.getLogger("io.millrace.streamcore");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        logger.addAppender(lines);
        try {
            Simulation simulation = new Simulation(1);
            DiskLogEngine engine = DiskLogEngine.openCopy(copy, SETTINGS, simulation);
            Found found;
            try {
                found = Found.in(engine, simulation);
            } finally {
                await(simulation, engine.close());
            }
            assertThat(copy.resolve("clean-stop")).exists();
            assertThat(lines.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
            return found;
        } finally {
            logger.detachAppender(lines);
        }
    }

    private static <T> T await(Simulation simulation, CompletableFuture<T> future) {
        simulation.runUntil(future::isDone, Duration.ofMinutes(1));
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** A copy's records from the first that retention left, and how many the catalog says there are at least and at most. */
    private record Found(long first, List<String> records, long atLeast, long atMost) {
        static Found in(DiskLogEngine engine, Simulation simulation) {
            ShardLog log = FolderCopyTest.await(simulation, engine.openExisting(EngineRig.NAME));
            long first = log.bounds(0).first();
            List<String> records = new ArrayList<>();
            for (long next = first; next < log.bounds(0).end(); next = first + records.size()) {
                List<LogBatch> batches = FolderCopyTest.await(simulation, log.read(0, next, 100, 1 << 20));
                batches.forEach(batch -> records.addAll(LogBatches.texts(batch)));
            }
            MetaStore meta = engine.meta();
            return new Found(first, records, number(meta, "at-least"), number(meta, "at-most"));
        }

        private static long number(MetaStore meta, String key) {
            MetaStore.Entry entry = meta.entries().get(key);
            return entry == null ? 0 : Long.parseLong(entry.value().toUtf8());
        }

        long end() {
            return first + records.size();
        }
    }

    /** A server that does something of its own at each step. */
    private static final class Server {
        private final Path data;
        private final SplittableRandom random;
        private final EngineRig rig;
        private final ShardLog log;
        private final List<String> acknowledged = new ArrayList<>();
        private final List<Long> times = new ArrayList<>();
        private int changesLeft = 40;
        private int commits;

        Server(Path data, long seed) {
            this.data = data;
            this.random = new SplittableRandom(seed);
            this.rig = new EngineRig(new NioDiskFiles(() -> 0, LogProbe.NONE), data, SETTINGS, LogProbe.NONE, seed);
            this.log = rig.open();
            put("at-most", AHEAD);
        }

        void changeNowAndThen() {
            if (changesLeft > 0 && random.nextInt(3) > 0) {
                changesLeft--;
                change();
            }
        }

        void change() {
            switch (random.nextInt(12)) {
                case 0 -> put("at-least", acknowledged.size());
                case 1 -> commit();
                case 2 -> truncate();
                case 3, 4, 5 -> append(acknowledged.size() + "x".repeat(30_000));
                default -> append("record " + acknowledged.size());
            }
        }

        void append(String record) {
            if (acknowledged.size() % AHEAD == 0) {
                put("at-most", acknowledged.size() + AHEAD);
            }
            rig.append(log, 0, record);
            acknowledged.add(record);
            times.add(rig.simulation.clock().millis());
            rig.simulation.run(Duration.ofSeconds(1));
        }

        void commit() {
            put("other", commits++);
        }

        private void truncate() {
            if (!times.isEmpty()) {
                rig.await(log.truncateBefore(times.get(times.size() / 2)));
            }
        }

        private void put(String key, long number) {
            MetaStore.Entry before = rig.engine.meta().entries().get(key);
            rig.await(rig.engine
                    .meta()
                    .commit(MetaChange.put(
                            key, before == null ? 0 : before.version(), Bytes.utf8(Long.toString(number)))));
        }

        Path newest() throws IOException {
            try (Stream<Path> files = Files.list(data.resolve("streams").resolve(EngineRig.NAME))) {
                return files.filter(path -> path.toString().endsWith(".log"))
                        .max(Comparator.naturalOrder())
                        .orElseThrow();
            }
        }
    }
}
