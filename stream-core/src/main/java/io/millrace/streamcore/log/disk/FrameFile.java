package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of frames that only grows. It begins with a header of {@value #START} bytes: magic, a random salt that goes into
 * every frame's checksum (so that frames of other files, or bytes that a producer made to look like one, are not taken
 * for this file's), and a checksum. A file comes into being under another name and is renamed when its start is durable,
 * so a damaged start is damage and never a torn write.
 *
 * <p>Belongs to its writer; {@link #read} is safe for any thread.
 */
final class FrameFile implements Closeable {
    /** Where the first frame begins. */
    static final int START = 24;

    private static final long FILE_MAGIC = 0x4d494c4c52414345L;
    /** How much is moved at once, and how much room there must be to go on after a failure. */
    private static final int PIECE = 1 << 20;

    /** What the name of a file ends with that is being made. */
    static final String UNFINISHED = ".new";

    private final Path path;
    private final DiskFile file;
    private final long salt;
    /** How many bytes the file has, those in the staging buffer included. */
    private int size;

    private int written;
    private int durable;
    /** Where the frame that the file was made with ends; 0 for a file that was opened. */
    private int firstFrameEnd;

    private FrameFile(Path path, DiskFile file, long salt, int size) {
        this.path = requireNonNull(path, "path");
        this.file = requireNonNull(file, "file");
        this.salt = salt;
        this.size = size;
        this.written = size;
        this.durable = size;
    }

    /** Makes a file, durably, that begins with {@code first}, and locks it; a file of this name is replaced. */
    static FrameFile create(DiskFiles files, Path path, long salt, Frame first) throws IOException {
        FrameFile made = prepare(files, path, salt, first);
        try {
            made.putInPlace(files);
            files.syncDirectory(requireNonNull(path.getParent(), "parent"));
            return made;
        } catch (IOException e) {
            made.close();
            throw e;
        }
    }

    /** Makes the same under another name; {@link #putInPlace} comes next. */
    static FrameFile prepare(DiskFiles files, Path path, long salt, Frame first) throws IOException {
        Path unfinished = unfinished(path);
        files.delete(unfinished);
        DiskFile file = files.openLocked(unfinished);
        try {
            ByteBuffer start = ByteBuffer.allocate(START + first.size());
            start.putLong(FILE_MAGIC).putLong(salt).putInt(startCrc(salt)).putInt(0);
            first.putHeader(start, salt, 0);
            start.put(first.payload().duplicate()).put(first.body().duplicate()).flip();
            int size = start.remaining();
            file.write(start, 0);
            file.force();
            FrameFile made = new FrameFile(path, file, salt, size);
            made.firstFrameEnd = size;
            return made;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Gives a prepared file its name in place of another that has it; durable once the directory is. */
    void putInPlace(DiskFiles files) throws IOException {
        files.rename(unfinished(path), path);
    }

    private static Path unfinished(Path path) {
        return path.resolveSibling(path.getFileName() + UNFINISHED);
    }

    /** True for the name of a file whose making was cut short. */
    static boolean isUnfinished(String name) {
        return name.endsWith(UNFINISHED);
    }

    /**
     * Opens a file as it is.
     *
     * @throws CorruptLogException if it does not begin as such a file does
     */
    static FrameFile open(DiskFiles files, Path path) throws IOException {
        return open(path, files.open(path));
    }

    /**
     * Opens a file as it is and locks it, because it is to be written to.
     *
     * @throws CorruptLogException if it does not begin as such a file does
     * @throws io.millrace.streamcore.log.LogInUseException if another server has it
     */
    static FrameFile openLocked(DiskFiles files, Path path) throws IOException {
        return open(path, files.openLocked(path));
    }

    private static FrameFile open(Path path, DiskFile file) throws IOException {
        try {
            ByteBuffer start = ByteBuffer.allocate(START);
            file.read(start, 0);
            long salt = start.getLong(8);
            if (start.hasRemaining() || start.getLong(0) != FILE_MAGIC || start.getInt(16) != startCrc(salt)) {
                throw new CorruptLogException(path, 0, "it does not begin as a log of this format");
            }
            if (file.size() > Integer.MAX_VALUE) {
                throw new CorruptLogException(path, Integer.MAX_VALUE, "it is longer than any log file");
            }
            return new FrameFile(path, file, salt, (int) file.size());
        } catch (IOException | LogException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    int size() {
        return size;
    }

    /** The key that tells this file from another of its name. */
    Object key() {
        return file.key();
    }

    /** True while its name leads to it and all that was written is there. Writer only. */
    boolean isInPlace(DiskFiles files) throws IOException {
        return file.key().equals(files.key(path)) && !isCut();
    }

    /** True if somebody else made it shorter. Writer only. */
    boolean isCut() throws IOException {
        return file.size() < written;
    }

    /** Where the frame that the file was made with ends; 0 for a file that was opened. */
    int firstFrameEnd() {
        return firstFrameEnd;
    }

    /** Adds a frame; its bytes may stay in {@code staging}, which is this file's alone until {@link #flush}. */
    int append(Frame frame, ByteBuffer staging) throws IOException {
        int position = size;
        if (staging.remaining() < Frame.HEADER_BYTES) {
            drain(staging);
        }
        frame.putHeader(staging, salt, durable);
        put(frame.payload(), staging);
        put(frame.body(), staging);
        size += frame.size();
        return position;
    }

    /** Writes what is in {@code staging}. */
    void flush(ByteBuffer staging) throws IOException {
        if (staging.position() > 0) {
            drain(staging);
        }
    }

    /** Makes all that was flushed durable. */
    void force() throws IOException {
        if (durable != written) {
            file.force();
            durable = written;
        }
    }

    /**
     * Reads the batch whose bytes begin at {@code position}.
     *
     * @throws CorruptLogException if they do not have this checksum
     */
    ByteBuffer read(int position, int length, int checksum) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        file.read(bytes, position);
        if (bytes.hasRemaining() || Frame.crc(bytes.flip()) != checksum) {
            throw new CorruptLogException(path, position, "a batch does not match its checksum");
        }
        return bytes;
    }

    /** The first bytes of the payload of the file's first frame, if that is of this kind; null if not. */
    @Nullable
    ByteBuffer startOfFirst(FrameKind kind, int bytes) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(Frame.HEADER_BYTES + bytes);
        file.read(start, START);
        boolean isThere = !start.hasRemaining()
                && Frame.isHeader(start, 0, salt)
                && Frame.length(start, 0) >= bytes
                && Frame.kind(start, 0) == kind;
        return isThere ? start.slice(Frame.HEADER_BYTES, bytes) : null;
    }

    /**
     * Shows every frame from the start on to {@code visitor}, until the end or the first one that is not whole. A frame's
     * payload is good during the call only.
     *
     * @return where the last whole frame ends
     * @throws CorruptLogException if a frame is of a kind that is not known: it is no torn write
     */
    int scan(Visitor visitor) throws IOException {
        Window window = new Window(file, size);
        int at = START;
        for (Frame frame = whole(window, at); frame != null; frame = whole(window, at)) {
            // The visitor may read the payload to its end.
            int size = frame.size();
            visitor.frame(at, frame);
            at += size;
        }
        return at;
    }

    /**
     * Judges what {@link #scan} could not read from {@code end} on. For this object the file ends there from now on; {@link
     * #cutTail} ends it on the disk.
     *
     * @throws CorruptLogException if a later frame proves that the bytes at {@code end} once were durable
     */
    Tail judgeTail(int end) throws IOException {
        Window window = new Window(file, size);
        for (int at = end + 1; at <= size - Frame.HEADER_BYTES; at++) {
            int place = window.find(at, Frame.HEADER_BYTES);
            if (place >= 0
                    && Frame.isHeader(window.buffer, place, salt)
                    && Frame.durableTo(window.buffer, place) > end) {
                throw damage(end);
            }
        }
        Tail tail = new Tail(end, size - end, isTorn(window, end));
        size = end;
        written = end;
        durable = end;
        return tail;
    }

    /** True if what begins at {@code end} misses bytes, or was never written. */
    private boolean isTorn(Window window, int end) throws IOException {
        int place = window.find(end, Frame.HEADER_BYTES);
        if (place < 0) {
            return true;
        }
        if (Frame.isHeader(window.buffer, place, salt)) {
            return Frame.length(window.buffer, place) > size - end - Frame.HEADER_BYTES;
        }
        for (int at = end; at < size; at++) {
            if (window.buffer.get(window.find(at, 1)) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Cuts off a tail, durably. To be tried again if it fails. */
    void cutTail(Tail tail) throws IOException {
        file.truncate(tail.from());
        file.force();
    }

    /** Copies bytes that stand in the file, or stood there before its tail was judged. */
    void copyTo(DiskFile target, Tail tail) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(Math.min(PIECE, tail.length()));
        for (int done = 0; done < tail.length(); done += piece.limit()) {
            piece.clear().limit(Math.min(piece.capacity(), tail.length() - done));
            file.read(piece, (long) tail.from() + done);
            if (piece.hasRemaining()) {
                throw new IOException("a file became shorter while it was read");
            }
            target.write(piece.flip(), done);
        }
    }

    /**
     * Takes back what was added from {@code end} on, after a failure that left the file's end unknown, and makes sure that
     * the disk takes bytes again. To be tried again if it fails.
     */
    void rollBack(int end) throws IOException {
        file.truncate(end);
        size = end;
        written = end;
        // After an fsync that failed the system may take bytes for written that are not: they are written again.
        for (int at = durable; at < end; at += PIECE) {
            ByteBuffer piece = ByteBuffer.allocate(Math.min(PIECE, end - at));
            file.read(piece, at);
            file.write(piece.flip(), at);
        }
        file.write(ByteBuffer.allocate(PIECE), end);
        file.force();
        file.truncate(end);
        file.force();
        durable = end;
    }

    /**
     * Compares the file with what was known of it.
     *
     * @throws CorruptLogException if it is shorter or longer
     */
    void checkLength(long expected) {
        if (size != expected) {
            throw new CorruptLogException(
                    path, Math.min(size, expected), "it has " + size + " bytes, but " + expected + " were left in it");
        }
    }

    CorruptLogException damage(long offset) {
        return new CorruptLogException(path, offset, "a batch does not match its checksum, but later ones are there");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private void put(ByteBuffer bytes, ByteBuffer staging) throws IOException {
        ByteBuffer rest = bytes.duplicate();
        while (rest.hasRemaining()) {
            if (!staging.hasRemaining()) {
                drain(staging);
            }
            int piece = Math.min(rest.remaining(), staging.remaining());
            staging.put(rest.duplicate().limit(rest.position() + piece));
            rest.position(rest.position() + piece);
        }
    }

    private void drain(ByteBuffer staging) throws IOException {
        staging.flip();
        int length = staging.remaining();
        try {
            file.write(staging, written);
        } finally {
            staging.clear();
        }
        written += length;
    }

    private @Nullable Frame whole(Window window, int at) throws IOException {
        int place = window.find(at, Frame.HEADER_BYTES);
        if (place < 0 || !Frame.isHeader(window.buffer, place, salt)) {
            return null;
        }
        if (Frame.kind(window.buffer, place) == null) {
            throw new CorruptLogException(path, at, "a newer version of the server wrote what this one cannot read");
        }
        place = window.find(at, Frame.HEADER_BYTES + Frame.length(window.buffer, place));
        if (place < 0) {
            return null;
        }
        Frame frame = Frame.parse(window.buffer, place);
        return frame.isWhole() ? frame : null;
    }

    private static int startCrc(long salt) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(16).putLong(FILE_MAGIC).putLong(salt).flip());
        return (int) crc.getValue();
    }

    /**
     * The bytes behind a file's last whole frame.
     *
     * @param from where it begins
     * @param length how many bytes it has
     * @param isTorn true if it is what an append leaves that was cut short: a frame that goes on behind the file's end, or bytes
     *     that were never written; false if no byte is missing, so that it may have been durable, and acknowledged, once
     */
    record Tail(int from, int length, boolean isTorn) {}

    /** Sees the frames of a file one by one. */
    @FunctionalInterface
    interface Visitor {
        void frame(int position, Frame frame) throws IOException;
    }

    /** The stretch of a file that is being looked at. */
    private static final class Window {
        private static final int CAPACITY = 1 << 20;

        private final DiskFile file;
        private final int size;
        private ByteBuffer buffer = ByteBuffer.allocate(0);
        private int base;

        Window(DiskFile file, int size) {
            this.file = file;
            this.size = size;
        }

        /** Where in the buffer {@code length} bytes from {@code at} on stand; -1 if the file ends before. */
        int find(int at, int length) throws IOException {
            if (at > size - length) {
                return -1;
            }
            if (at < base || at + length > base + buffer.limit()) {
                int capacity = Math.min(Math.max(length, CAPACITY), size - at);
                if (buffer.capacity() < capacity) {
                    buffer = ByteBuffer.allocate(capacity);
                }
                buffer.clear().limit(Math.min(buffer.capacity(), size - at));
                file.read(buffer, at);
                if (buffer.hasRemaining()) {
                    throw new IOException("a file became shorter while it was read");
                }
                buffer.flip();
                base = at;
            }
            return at - base;
        }
    }
}
