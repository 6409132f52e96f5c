package io.millrace.streamcore.stream;

import static io.millrace.streamcore.stream.StreamsFixture.FIRST;
import static io.millrace.streamcore.stream.StreamsFixture.ORDERS;
import static io.millrace.streamcore.stream.StreamsFixture.await;
import static io.millrace.streamcore.stream.StreamsFixture.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are taken from a data folder, or cut, while no server runs: it is told, and nothing else is touched. */
final class DamagedFolderTest {
    private static final StreamName OTHER = new StreamName("other");
    private static final int RECORDS = 100;
    private static final String FLAG = "--set-aside-damaged";

    @TempDir
    private Path temporary;

    private Path data;
    private Path orders;
    private Path other;

    /** Two streams, one of several segments, and a server that stopped in good order. */
    @BeforeEach
    void fill() throws Exception {
        data = temporary.resolve("data");
        try (StreamsFixture fixture = new StreamsFixture(settings())) {
            fixture.create(1);
            await(fixture.streams().create(OTHER, 1));
            for (int i = 0; i < RECORDS; i++) {
                fixture.put("k", i + "x".repeat(3000));
            }
            await(fixture.streams().put(OTHER, List.of(record("k", "kept"))));
        }
        List<Path> folders = list(data.resolve("streams"));
        orders = folders.get(0);
        other = folders.get(1);
        assertThat(segments()).hasSizeGreaterThan(4);
    }

    @Test
    void aFolderThatIsNotTouchedOpensAgainAndAgain() throws Exception {
        for (int i = 0; i < 3; i++) {
            try (StreamsFixture fixture = new StreamsFixture(settings())) {
                assertThat(fixture.texts(FIRST)).hasSize(RECORDS + i);
                fixture.put("k", "more");
            }
        }
    }

    @Test
    void aStreamWithoutItsFolderIsRefused() throws IOException {
        Path away = Files.move(orders, temporary.resolve("away"));
        refused(orders + " is missing");
        Files.move(away, orders);
        whole();
    }

    @Test
    void aStreamWithAnEmptyFolderIsRefused() throws IOException {
        List<Path> files = list(orders);
        Path away = Files.createDirectory(temporary.resolve("away"));
        for (Path file : files) {
            Files.move(file, away.resolve(file.getFileName()));
        }
        refused(orders + " is missing");
    }

    @Test
    void aMissingSegmentIsRefusedWhicheverItIs() throws IOException {
        List<Path> segments = segments();
        for (Path segment : List.of(segments.get(0), segments.get(2), segments.get(segments.size() - 1))) {
            Path away = Files.move(segment, temporary.resolve("away"));
            refused(segment + " is missing");
            Files.move(away, segment);
        }
        whole();
    }

    @Test
    void aMissingSegmentIsRefusedAfterACrashToo() throws IOException {
        crash();
        aMissingSegmentIsRefusedWhicheverItIs();
    }

    @Test
    void aFullSegmentOfAnotherLengthIsRefusedAfterACrashToo() throws IOException {
        crash();
        Path first = segments().get(0);
        cut(first, 10);
        refused(first + " is damaged at byte");
    }

    @Test
    void aLogThatWasCutAfterACleanStopIsRefused() throws IOException {
        Path newest = newest();
        long length = Files.size(newest);
        // Byte by byte through the last word of the stop and into the last record; and at the end of a batch.
        for (int bytes = 1; bytes < 60; bytes++) {
            byte[] whole = Files.readAllBytes(newest);
            cut(newest, bytes);
            refused(newest + " is damaged at byte " + (length - bytes), length + " were left in it");
            refused(newest + " is damaged at byte " + (length - bytes));
            Files.write(newest, whole);
        }
        whole();
    }

    @Test
    void aLogThatGrewAfterACleanStopIsRefused() throws IOException {
        Path newest = newest();
        byte[] whole = Files.readAllBytes(newest);
        Files.write(newest, new byte[7], StandardOpenOption.APPEND);
        refused(newest + " is damaged");
        Files.write(newest, whole);
        Path more = newest.resolveSibling(
                String.format(Locale.ROOT, "%012d.log", segments().size() + 1));
        Files.copy(segments().get(0), more);
        refused(more + " is damaged");
        Files.delete(more);
        whole();
    }

    @Test
    void aCatalogThatWasCutAfterACleanStopIsRefused() throws IOException {
        Path catalog = data.resolve("catalog.log");
        byte[] whole = Files.readAllBytes(catalog);
        for (int bytes : List.of(1, 48, 60)) {
            cut(catalog, bytes);
            refused(catalog + " is damaged");
            Files.write(catalog, whole);
        }
        Files.delete(catalog);
        refused(catalog + " is missing");
        Files.write(catalog, whole);
        whole();
    }

    @Test
    void aLogThatACrashTornIsCutToItsLastWholeBatch() throws Exception {
        crash();
        cut(newest(), 60);
        try (StreamsFixture fixture = new StreamsFixture(settings())) {
            assertThat(fixture.texts(FIRST)).hasSize(RECORDS - 1);
            fixture.put("k", "more");
        }
        try (StreamsFixture fixture = new StreamsFixture(settings())) {
            assertThat(fixture.texts(FIRST)).hasSize(RECORDS);
        }
    }

    @Test
    void aServerThatIsKilledLeavesNoMarkAndAnIdleOneLeavesItAlone() throws Exception {
        Path mark = data.resolve("clean-stop");
        byte[] left = Files.readAllBytes(mark);
        try (StreamsFixture fixture = new StreamsFixture(settings())) {
            assertThat(fixture.texts(FIRST)).hasSize(RECORDS);
            assertThat(mark).hasBinaryContent(left);
            fixture.put("k", "more");
            assertThat(mark).doesNotExist();
        }
        assertThat(mark).exists();
    }

    @Test
    void aDamagedMarkIsNotUsedAndTheNextStopLeavesAnother() throws IOException {
        Path mark = data.resolve("clean-stop");
        byte[] bytes = Files.readAllBytes(mark);
        bytes[9] ^= 1;
        Files.write(mark, bytes);
        whole();
        assertThat(mark)
                .exists()
                .satisfies(left -> assertThat(Files.readAllBytes(left)).isNotEqualTo(bytes));
    }

    @Test
    void aFolderOfNoStreamIsLeftAlone() throws IOException {
        Path orphan = Files.createDirectories(data.resolve("streams").resolve("nobody@7"));
        Files.writeString(orphan.resolve("000000000001.log"), "whatever it is");
        Map<Path, Long> before = sizes(orphan);
        whole();
        assertThat(sizes(orphan)).isEqualTo(before);
    }

    @Test
    void damagedStreamsAreSetAsideWithAllThatIsLeftAndTheOthersServed() throws Exception {
        Path newest = newest();
        cut(newest, 60);
        Map<Path, Long> left = sizes(orders);
        try (StreamsFixture fixture = new StreamsFixture(settings().withSetAsideDamaged())) {
            assertThat(fixture.streams().names()).containsExactly(OTHER);
            assertThatThrownBy(() -> fixture.streams().get(ORDERS)).isInstanceOf(StreamException.class);
            assertThat(await(fixture.streams()
                                    .read(
                                            await(fixture.streams().seek(OTHER, FIRST, Position.trimHorizon())),
                                            10,
                                            StreamsFixture.PAGE))
                            .records())
                    .hasSize(1);
            assertThat(newest).doesNotExist();
            assertThat(other).exists();
            fixture.create(1);
            assertThat(fixture.texts(FIRST)).isEmpty();
        }
        List<Path> aside = list(data.resolve("set-aside"));
        assertThat(aside).hasSize(1);
        assertThat(aside.get(0).getFileName().toString()).startsWith("orders@");
        assertThat(sizes(aside.get(0))).containsAllEntriesOf(left).containsKey(Path.of("note"));
        whole();
    }

    @Test
    void aStreamOfWhichNothingIsLeftCanBeSetAside() throws IOException {
        Files.move(orders, temporary.resolve("away"));
        try (StreamsFixture fixture = new StreamsFixture(settings().withSetAsideDamaged())) {
            assertThat(fixture.streams().names()).containsExactly(OTHER);
        }
        whole();
    }

    @Test
    void settingAsideDoesNothingToAFolderThatIsWhole() throws Exception {
        try (StreamsFixture fixture = new StreamsFixture(settings().withSetAsideDamaged())) {
            assertThat(fixture.texts(FIRST)).hasSize(RECORDS);
        }
        assertThat(data.resolve("set-aside")).doesNotExist();
    }

    private StreamsSettings settings() {
        return StreamsSettings.in(data, new SystemPlatform())
                .withTransitionTime(Duration.ZERO)
                .withLog(LogSettings.DEFAULTS.withFsync(FsyncPolicy.NEVER).withSegmentBytes(64 << 10));
    }

    /** What a killed server leaves: everything but the mark. */
    private void crash() throws IOException {
        Files.delete(data.resolve("clean-stop"));
    }

    private void whole() {
        new StreamsFixture(settings()).close();
    }

    /** The server does not start, says so in one line, and leaves every file as it is. */
    private void refused(String... texts) throws IOException {
        Map<Path, Long> before = sizes(data);
        assertThatThrownBy(() -> new StreamsFixture(settings()).close())
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContainingAll(texts)
                .hasMessageContaining("Nothing was changed")
                .hasMessageNotContaining("\n")
                .satisfies(error -> {
                    boolean ofOneStream = String.valueOf(error.getMessage()).startsWith(data.resolve("streams") + "/");
                    assertThat(String.valueOf(error.getMessage()).contains(FLAG))
                            .isEqualTo(ofOneStream);
                });
        assertThat(sizes(data)).isEqualTo(before);
    }

    private static void cut(Path file, int bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - bytes);
        }
    }

    private Path newest() throws IOException {
        List<Path> segments = segments();
        return segments.get(segments.size() - 1);
    }

    private List<Path> segments() throws IOException {
        return list(orders).stream()
                .filter(path -> path.toString().endsWith(".log"))
                .toList();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static Map<Path, Long> sizes(Path folder) throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sizes.put(folder.relativize(file), Files.size(file));
            }
        }
        return sizes;
    }
}
