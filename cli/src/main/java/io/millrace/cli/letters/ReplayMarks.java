package io.millrace.cli.letters;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.consumer.letters.Letter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file that remembers which letters were put back: a JSON object a line with {@code application}, {@code stream}, {@code id},
 * {@code to} and {@code at}. Marks are on the disk when {@link #add} returns. It is locked while it is open, so that no two
 * replays put the same letters back. For one thread.
 */
final class ReplayMarks implements AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();

    private final Path file;
    private final @Nullable FileChannel channel;
    private final Set<String> known = new HashSet<>();

    private ReplayMarks(Path file, @Nullable FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Opens the file, which is made where it is missing, and reads it.
     *
     * @throws CommandFailure if another replay holds it, or it holds something else
     */
    static ReplayMarks open(Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (!isLocked(channel)) {
                throw CommandFailure.failed("another replay is at it and holds " + file + "; wait for its end");
            }
            ReplayMarks marks = new ReplayMarks(file, channel);
            // A replay that died in the middle of a line left it torn; its record is put back once more.
            long whole = marks.read(channel);
            channel.truncate(whole);
            channel.position(whole);
            return marks;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Reads what the file has, without making or holding it; nothing can be added. */
    static ReplayMarks look(Path file) throws IOException {
        if (!Files.exists(file)) {
            return new ReplayMarks(file, null);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ReplayMarks marks = new ReplayMarks(file, null);
            var unused = marks.read(channel);
            return marks;
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException heldByThisProcess) {
            return false;
        }
    }

    /** The letter's name among all that any file may hold. */
    static String key(Letter letter) {
        return letter.application() + "\n" + letter.stream() + "\n" + letter.id();
    }

    boolean knows(Letter letter) {
        return known.contains(key(letter));
    }

    /**
     * Notes that letters were put back.
     *
     * @param to the stream of each
     */
    void add(List<Letter> letters, List<String> to, Instant at) throws IOException {
        FileChannel open = requireNonNull(channel);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < letters.size(); i++) {
            Letter letter = letters.get(i);
            lines.append(new JsonObject()
                            .put("application", letter.application())
                            .put("stream", letter.stream())
                            .put("id", letter.id())
                            .put("to", to.get(i))
                            .put("at", at))
                    .append('\n');
            known.add(key(letter));
        }
        ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            open.write(bytes);
        }
        open.force(true);
    }

    /** Returns where the last whole line ends. */
    private long read(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            // Goes on until all is read.
        }
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        int end = text.lastIndexOf('\n') + 1;
        int number = 0;
        for (String line : text.substring(0, end).lines().toList()) {
            number++;
            Map<String, String> mark = mark(line);
            if (!mark.keySet().containsAll(Set.of("application", "stream", "id"))) {
                throw CommandFailure.failed("line " + number + " of " + file
                        + " does not tell which letter was put back; is it another file?");
            }
            known.add(mark.get("application") + "\n" + mark.get("stream") + "\n" + mark.get("id"));
        }
        if (!text.substring(end).isEmpty() && !text.startsWith("{\"", end)) {
            throw CommandFailure.failed(file + " does not tell which letters were put back; is it another file?");
        }
        return text.substring(0, end).getBytes(StandardCharsets.UTF_8).length;
    }

    private static Map<String, String> mark(String line) {
        Map<String, String> members = new HashMap<>();
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Map.of();
            }
            for (@Nullable String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                String value = parser.nextTextValue();
                if (value != null) {
                    members.put(name, value);
                }
            }
            return members;
        } catch (IOException noJson) {
            return Map.of();
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
