package io.millrace.consumer.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileSinkTest {
    private static final Letter FIRST = Letters.letter(1, "a", Bytes.utf8("one"));
    private static final Letter SECOND = Letters.letter(2, "b", Bytes.utf8("two"));

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private Path file() {
        return folder.resolve("letters.jsonl");
    }

    private List<Letter> stored() throws IOException {
        return Files.readAllLines(file()).stream().map(Letter::parse).toList();
    }

    @Test
    void lettersAreLinesAndLaterOnesFollow() throws Exception {
        try (LetterSink sink = LetterSinks.file(file())) {
            sink.write(List.of(FIRST));
        }
        try (LetterSink sink = LetterSinks.file(file())) {
            sink.write(List.of());
            sink.write(List.of(SECOND, FIRST));
        }

        assertThat(stored()).containsExactly(FIRST, SECOND, FIRST);
        assertThat(Files.readString(file())).endsWith("\n");
    }

    /** The file holds whole letters after the next write, whatever byte a crash stopped at. */
    @Test
    void tornLastLineIsCutOffAndOneThatLacksItsLineFeedIsKept() throws Exception {
        byte[] line = SECOND.toJson().getBytes(StandardCharsets.US_ASCII);
        for (int length = 0; length <= line.length; length++) {
            Files.deleteIfExists(file());
            LetterSinks.file(file()).write(List.of(FIRST));
            append(new String(line, 0, length, StandardCharsets.US_ASCII));

            LetterSinks.file(file()).write(List.of(SECOND));

            assertThat(stored())
                    .as("torn after %d bytes", length)
                    .isEqualTo(length == line.length ? List.of(FIRST, SECOND, SECOND) : List.of(FIRST, SECOND));
        }
    }

    @Test
    void zerosOfALostMachineAreCutOff() throws Exception {
        LetterSinks.file(file()).write(List.of(FIRST));
        append("{\"letter\":1,\"id\":" + "\0".repeat(70_000));

        LetterSinks.file(file()).write(List.of(SECOND));

        assertThat(stored()).containsExactly(FIRST, SECOND);
    }

    @Test
    void firstLineMayBeTheTornOne() throws Exception {
        append("{\"letter\":1,\"id\":\"" + "x".repeat(200_000));

        LetterSinks.file(file()).write(List.of(SECOND));

        assertThat(stored()).containsExactly(SECOND);
    }

    @Test
    void fileOfSomethingElseIsLeftAsItIs() throws Exception {
        append("first line\nlast line without an end");

        assertThatThrownBy(() -> LetterSinks.file(file()).write(List.of(FIRST)))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("no letter");
        assertThat(Files.readString(file())).isEqualTo("first line\nlast line without an end");
    }

    @Test
    void fileThatWasMovedAwayIsBegunAnew() throws Exception {
        LetterSink sink = LetterSinks.file(file());
        sink.write(List.of(FIRST));
        Files.move(file(), folder.resolve("yesterday"));
        sink.write(List.of(SECOND));

        assertThat(stored()).containsExactly(SECOND);
    }

    @Test
    void placeThatCannotHoldLettersIsRefusedAtOnce() {
        assertThatThrownBy(() -> LetterSinks.file(folder))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("is a folder");
        assertThatThrownBy(() -> LetterSinks.file(folder.resolve("none/letters")))
                .isInstanceOf(LetterException.class)
                .hasMessageContaining("there is no folder");
    }

    @Test
    void allNamesOfAFileAreOnePlaceAlsoBeforeItIsThere() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), file());
        Path linkToLink = Files.createSymbolicLink(other.resolve("link"), Path.of("../link"));
        List<Path> names = List.of(file(), link, linkToLink, other.resolve("..").resolve(file().getFileName()));

        Path place = folder.toRealPath().resolve(file().getFileName());
        for (Path name : names) {
            assertThat(FileSink.place(name)).isEqualTo(place);
        }
        LetterSinks.file(linkToLink).write(List.of(FIRST));
        for (Path name : names) {
            assertThat(FileSink.place(name)).isEqualTo(place);
        }
        assertThat(stored()).containsExactly(FIRST);
    }

    @Test
    void shardsMayWriteAtOnceThroughSeveralSinksAndNames() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), file());
        LetterSinks.file(file()).write(List.of());
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int shard = 0; shard < 8; shard++) {
            int index = shard;
            LetterSink sink = LetterSinks.file(shard % 2 == 0 ? file() : link);
            writers.add(CompletableFuture.runAsync(() -> writeAll(sink, index, 20)));
        }
        writers.forEach(CompletableFuture::join);

        assertThat(stored()).hasSize(160);
        for (int shard = 0; shard < 8; shard++) {
            String id = Letters.letter(shard, 0, "k", Bytes.empty()).shard().value();
            assertThat(stored().stream()
                            .filter(letter -> letter.shard().value().equals(id))
                            .map(letter -> letter.record().sequenceNumber()))
                    .hasSize(20)
                    .isSorted();
        }
    }

    /** Processes of their own, three at once, while this one writes as well. */
    @Test
    void processesMayShareAFile() throws Exception {
        List<Process> others = new ArrayList<>();
        for (int shard = 1; shard <= 3; shard++) {
            others.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            LetterWriter.class.getName(),
                            file().toString(),
                            Integer.toString(shard),
                            "60")
                    .inheritIO()
                    .start());
        }
        writeAll(LetterSinks.file(file()), 0, 60);
        for (Process other : others) {
            assertThat(other.waitFor()).isZero();
        }

        assertThat(stored().stream().map(Letter::id).distinct()).hasSize(240);
        assertThat(stored()).hasSize(240);
    }

    @Test
    void lockOfSomebodyElseInThisProcessIsTold() throws Exception {
        Files.createFile(file());
        try (FileChannel other = FileChannel.open(file(), StandardOpenOption.WRITE)) {
            assertThat(other.lock().isValid()).isTrue();

            assertThatThrownBy(() -> LetterSinks.file(file()).write(List.of(FIRST)))
                    .isInstanceOf(LetterException.class)
                    .hasMessageContaining("holds a lock on " + file());
        }
        LetterSinks.file(file()).write(List.of(FIRST));
        assertThat(stored()).containsExactly(FIRST);
    }

    private void append(String text) throws IOException {
        Files.writeString(
                file(), text, StandardCharsets.US_ASCII, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static void writeAll(LetterSink sink, int shard, int count) {
        try {
            for (int i : IntStream.range(0, count).toArray()) {
                sink.write(List.of(Letters.letter(shard, i, "key-" + i % 3, Bytes.wrap(new byte[i * 50]))));
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
