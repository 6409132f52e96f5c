package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.model.Bytes;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Hands take files from the folder of a server that runs. Real files, virtual time. */
final class HandsTest {
    private static final Duration A_MINUTE = Duration.ofMinutes(1);
    private static final Path LOCK = Path.of("lock");
    private static final Path CATALOG = Path.of("catalog.log");
    private static final Path FOLDER = Path.of("streams").resolve(EngineRig.NAME);
    private static final Path FIRST = FOLDER.resolve("000000000001.log");
    private static final Path NEWEST = FOLDER.resolve("000000000002.log");

    @TempDir
    private Path temporary;

    private int folders;
    private long seed;
    private Path data = Path.of("");

    @Test
    void noFileThatIsTakenAwayLetsASecondServerWrite() throws IOException {
        List<Path> all = filesOfARunningServer();
        assertThat(all).contains(LOCK, CATALOG, FIRST, NEWEST, FOLDER.resolve("segments"));
        for (Path file : all) {
            takeAway(List.of(file));
            takeAway(List.of(LOCK, file));
        }
    }

    private List<Path> filesOfARunningServer() throws IOException {
        Server server = filled();
        List<Path> files = files();
        server.close();
        return files;
    }

    private void takeAway(List<Path> files) throws IOException {
        String what = files + " taken away";
        Server first = filled();
        for (Path file : files) {
            Files.deleteIfExists(data.resolve(file));
        }
        assertThatThrownBy(this::start).as(what).isInstanceOf(LogException.class);
        first.tryToPut("after");
        assertThatThrownBy(this::start).as(what).isInstanceOf(LogException.class);
        first.rig.simulation.run(A_MINUTE);
        assertThatThrownBy(this::start).as(what).isInstanceOf(LogInUseException.class);
        first.tryToPut("a minute later");
        boolean isLogGone = files.contains(FIRST) || files.contains(NEWEST);
        assertThat(first.failures.now().containsKey(EngineRig.NAME)).as(what).isEqualTo(isLogGone);
        assertThat(first.lastWasTaken).as(what).isEqualTo(!isLogGone);
        assertThat(first.rig.records(first.log, 0)).as(what).isEqualTo(first.acknowledged);
        first.close();
        if (isLogGone) {
            assertThatThrownBy(() -> start().open()).as(what).isInstanceOf(CorruptLogException.class);
        } else {
            Server next = start().open();
            assertThat(next.rig.records(next.log, 0)).as(what).isEqualTo(first.acknowledged);
            assertThat(next.rig.engine.meta().entries()).as(what).containsKey("stream/orders");
            next.close();
        }
    }

    @Test
    void aServerWhoseFolderAnotherHasTakenWritesNothingMore() throws IOException {
        Server first = filled();
        for (Path path : files()) {
            Files.delete(data.resolve(path));
        }
        Files.delete(data.resolve(FOLDER));
        Server second = start().create();
        second.put("of the second");
        assertThatThrownBy(() ->
                        first.rig.await(first.rig.engine.meta().commit(MetaChange.put("more", 0, Bytes.utf8("x")))))
                .isInstanceOf(LogFailedException.class)
                .hasMessageStartingWith(
                        data + " was taken from this server: another server holds " + data.resolve(LOCK))
                .hasMessageNotContaining("\n");
        assertThat(first.failures.now().get("catalog")).startsWith(data + " was taken from this server");
        checkThatItIsOver(first);
        second.put("still of the second");
        assertThat(second.rig.records(second.log, 0)).isEqualTo(second.acknowledged);
        second.close();
        Server next = start().open();
        assertThat(next.rig.records(next.log, 0)).isEqualTo(second.acknowledged);
        next.close();
    }

    @Test
    void aTakenFolderIsNoticedWithinAMinuteThoughNothingChangesInTheCatalog() throws IOException {
        Server first = filled();
        Path catalog = data.resolve(CATALOG);
        Path copy = Files.copy(catalog, temporary.resolve("copy"));
        Files.move(copy, catalog, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(data.resolve(LOCK));
        // Nothing keeps a second server from the catalog now, but from the log.
        assertThatThrownBy(() -> start().open())
                .isInstanceOf(LogInUseException.class)
                .hasMessageContaining(NEWEST.toString());
        first.put("before it is noticed");
        first.rig.simulation.run(A_MINUTE);
        assertThat(first.failures.now().get("catalog")).contains("another file is in the place of " + catalog);
        assertThat(first.failures.now()).containsKey(EngineRig.NAME);
        checkThatItIsOver(first);
        Server next = start().open();
        assertThat(next.rig.records(next.log, 0)).isEqualTo(first.acknowledged);
        next.close();
    }

    /** It acknowledges nothing, and does not touch what is another's now, whatever it is asked for and when it ends. */
    private void checkThatItIsOver(Server server) throws IOException {
        List<Path> before = files();
        server.tryToPut("refused");
        assertThat(server.lastWasTaken).isFalse();
        DiskLogEngine engine = server.rig.engine;
        assertThatThrownBy(() -> server.rig.await(engine.drop(EngineRig.NAME))).isInstanceOf(LogFailedException.class);
        assertThatThrownBy(() -> server.rig.await(engine.setAside("other@1", Bytes.utf8("note"))))
                .isInstanceOf(LogFailedException.class);
        server.rig.await(server.log.truncateBefore(Long.MAX_VALUE));
        server.rig.simulation.run(Duration.ofMinutes(10));
        server.tryToPut("refused");
        assertThat(server.lastWasTaken).isFalse();
        server.close();
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void aLogWhoseFilesAreTakenAwayRefusesPutsUntilTheyAreBack() throws IOException {
        Server server = filled();
        server.put("before");
        Path away = Files.move(data.resolve(FOLDER), temporary.resolve("away"));
        server.rig.simulation.run(A_MINUTE);
        assertThat(server.failures.now()).containsOnlyKeys(EngineRig.NAME);
        assertThat(server.failures.now().get(EngineRig.NAME))
                .contains("was taken away or cut while the server uses it");
        assertThatThrownBy(() -> server.rig.append(server.log, 0, "refused"))
                .isInstanceOf(LogFailedException.class)
                .hasMessageContaining("000000000001.log was taken away or cut while the server uses it")
                .hasMessageContaining("nothing more is accepted there");
        assertThat(server.rig.records(server.log, 0)).isEqualTo(server.acknowledged);
        server.rig.simulation.run(Duration.ofMinutes(30));
        server.tryToPut("refused still");
        assertThat(server.lastWasTaken).isFalse();
        Files.move(away, data.resolve(FOLDER));
        server.rig.simulation.run(A_MINUTE);
        assertThat(server.failures.now()).isEmpty();
        server.put("after");
        server.close();
        Server next = start().open();
        assertThat(next.rig.records(next.log, 0)).isEqualTo(server.acknowledged);
        next.close();
    }

    @Test
    void filesThatAreCutUnderAServerAreNoticedToo() throws IOException {
        Server server = filled();
        Files.write(data.resolve(NEWEST), new byte[10]);
        Files.write(data.resolve(CATALOG), new byte[0]);
        server.rig.simulation.run(A_MINUTE);
        assertThat(server.failures.now()).containsOnlyKeys(EngineRig.NAME);
        assertThat(server.failures.now().get(EngineRig.NAME)).contains(NEWEST.getFileName() + " was taken away or cut");
        server.tryToPut("refused");
        assertThat(server.lastWasTaken).isFalse();
        server.close();
        assertThatThrownBy(() -> start().open())
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining(NEWEST + " is damaged");
        Server next = start();
        assertThat(next.rig.engine.meta().entries()).containsOnlyKeys("stream/orders");
        next.close();
    }

    @Test
    void aCatalogThatIsTakenAwayIsWrittenAnew() throws IOException {
        Server server = filled();
        Files.delete(data.resolve(CATALOG));
        assertThatThrownBy(() ->
                        server.rig.await(server.rig.engine.meta().commit(MetaChange.put("more", 0, Bytes.utf8("x")))))
                .isInstanceOf(LogFailedException.class)
                .hasMessageContaining("it was taken away or cut while the server uses it");
        server.rig.simulation.run(A_MINUTE);
        assertThat(server.failures.now()).isEmpty();
        server.rig.await(server.rig.engine.meta().commit(MetaChange.put("more", 0, Bytes.utf8("x"))));
        server.close();
        Server next = start().open();
        assertThat(next.rig.engine.meta().entries()).containsOnlyKeys("more", "stream/orders");
        next.close();
    }

    @Test
    void aKeyThatIsTakenAwayIsToldOnce() throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger(KeyRing.class);
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Server server = filled();
        server.rig.await(server.log.encrypt(true));
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.WARN);
        logger.setAdditive(false);
        try {
            Path key = data.resolve("encryption.key");
            Path away = Files.move(key, temporary.resolve("key"));
            server.rig.simulation.run(Duration.ofMinutes(10));
            server.put("encrypted");
            assertThat(lines.list)
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage())
                            .startsWith("The encryption key " + key + " is gone. This server still has it in memory"));
            assertThat(server.failures.now()).isEmpty();
            Files.move(away, key);
        } finally {
            logger.setLevel(null);
            logger.setAdditive(true);
            logger.detachAppender(lines);
        }
        server.close();
        Server next = start().open();
        assertThat(next.rig.records(next.log, 0)).isEqualTo(server.acknowledged);
        next.close();
    }

    /** A server of a former version locks this file alone, and the whole of it. */
    @Test
    void aServerOfAFormerVersionKeepsThisOneOutAndIsKeptOut() throws IOException {
        data = newFolder();
        Server server = start().create();
        DiskFiles files = new NioDiskFiles(server.rig.simulation.ticker(), LogProbe.NONE);
        assertThatThrownBy(() -> files.openLocked(data.resolve(LOCK))).isInstanceOf(LogInUseException.class);
        Files.delete(data.resolve(LOCK));
        DiskFile former = files.openLocked(data.resolve(LOCK));
        server.rig.simulation.run(A_MINUTE);
        assertThat(server.failures.now().get("catalog")).contains("another server holds " + data.resolve(LOCK));
        server.close();
        assertThatThrownBy(this::start).isInstanceOf(LogInUseException.class);
        former.close();
        start().open().close();
    }

    private Path newFolder() throws IOException {
        return Files.createDirectory(temporary.resolve("data" + folders++));
    }

    /** A server on a folder of its own, with a catalog and a log of two files. */
    private Server filled() throws IOException {
        data = newFolder();
        Server server = start().create();
        server.rig.await(server.rig.engine.meta().commit(MetaChange.put("stream/orders", 0, Bytes.utf8("entry"))));
        for (int i = 0; i < 3; i++) {
            server.put(i + "x".repeat(30_000));
        }
        return server;
    }

    private Server start() {
        return new Server(data, seed++);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(Files::isRegularFile)
                    .map(data::relativize)
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }

    /** A server with one log. */
    private static final class Server {
        private final Failures failures = new Failures();
        private final List<String> acknowledged = new ArrayList<>();
        private final EngineRig rig;
        private ShardLog log;
        private boolean lastWasTaken;

        @SuppressWarnings("NullAway.Init") // the log is opened next
        Server(Path data, long seed) {
            LogSettings settings = LogSettings.DEFAULTS
                    .withSegmentBytes(EngineRig.SMALL_SEGMENT)
                    .withCacheBytes(0);
            NioDiskFiles files = new NioDiskFiles(() -> 0, LogProbe.NONE);
            this.rig = new EngineRig(files, data, settings, failures, seed);
        }

        Server create() {
            log = rig.open();
            return this;
        }

        Server open() {
            try {
                log = rig.await(rig.engine.openExisting(EngineRig.NAME));
                return this;
            } catch (LogException e) {
                rig.close();
                throw e;
            }
        }

        void put(String record) {
            tryToPut(record);
            assertThat(lastWasTaken).as(record).isTrue();
        }

        void tryToPut(String record) {
            lastWasTaken = false;
            try {
                rig.append(log, 0, record);
                acknowledged.add(record);
                lastWasTaken = true;
            } catch (LogFailedException refused) {
                assertThat(refused).hasMessageNotContaining("\n");
            }
        }

        void close() {
            rig.close();
        }
    }
}
