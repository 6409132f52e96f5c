package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.NewBatches;
import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of a log with its index. While it is the newest, its index is in memory; once it is full the index is in a file
 * beside it and in memory only as long as there is room. Belongs to the writer's loop; any
 * thread reads the index and the file.
 */
final class Segment implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(Segment.class);
    private static final String LOG = ".log";
    private static final String INDEX = ".index";

    private final DiskFiles files;
    private final long number;
    private final FrameFile file;
    private volatile @Nullable SegmentIndex live;
    private volatile SoftReference<@Nullable SegmentIndex> spare = new SoftReference<>(null);
    private final @Nullable SegmentKey keyOrNull;
    private boolean isSealing;
    private long firstTimeMillis;
    private long lastTimeMillis;

    Segment(DiskFiles files, long number, FrameFile file, @Nullable SegmentKey keyOrNull, SegmentIndex index) {
        this.files = requireNonNull(files, "files");
        this.number = number;
        this.file = requireNonNull(file, "file");
        this.live = requireNonNull(index, "index");
        this.keyOrNull = keyOrNull;
        this.firstTimeMillis = index.firstTimeMillis();
        this.lastTimeMillis = index.lastTimeMillis();
    }

    static Path logPath(Path directory, long number) {
        return directory.resolve(String.format(Locale.ROOT, "%012d", number) + LOG);
    }

    /** The number in a log file's name, -1 for other files. */
    static long numberOf(String fileName) {
        String digits = fileName.endsWith(LOG) ? fileName.substring(0, fileName.length() - LOG.length()) : "";
        return digits.length() == 12 && digits.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Long.parseLong(digits)
                : -1;
    }

    static Path indexPath(Path logPath) {
        String name = String.valueOf(logPath.getFileName());
        return logPath.resolveSibling(name.substring(0, name.length() - LOG.length()) + INDEX);
    }

    long number() {
        return number;
    }

    FrameFile file() {
        return file;
    }

    /** The segment's key, if it has one. Blocks. */
    static @Nullable SegmentKey readKey(FrameFile file, KeyRing keys) throws IOException {
        ByteBuffer block = file.startOfFirst(FrameKind.SEALED_STATE, MasterKey.WRAPPED_BYTES);
        return block == null ? null : keys.toOpen(file.path()).unwrap(block, file.path());
    }

    /** The segment is new: no place in it was sealed yet. Writer only. */
    void beginSealing() {
        isSealing = true;
    }

    /** From now on a place might be sealed a second time. Writer only. */
    void endSealing() {
        isSealing = false;
        if (keyOrNull != null) {
            keyOrNull.endSealing();
        }
    }

    /** How much memory is kept for sealing. Writer only. */
    int heldForSealing() {
        return keyOrNull == null ? 0 : keyOrNull.heldBytes();
    }

    /** True if batches that are to be encrypted, or not, may go here. Writer only. */
    boolean takes(boolean encrypted) {
        return keyOrNull == null ? !encrypted : encrypted && isSealing;
    }

    /** How much longer a batch is in the file. */
    int tagBytes() {
        return keyOrNull == null ? 0 : SegmentKey.TAG_BYTES;
    }

    /** Adds a frame without records. Writer only. */
    void append(Frame frame, ByteBuffer staging) throws IOException {
        var unused = file.append(frame, staging);
    }

    /**
     * Adds a frame of batches, encrypted if the segment's are, and answers where the bytes of the first begin. Writer only.
     */
    int append(BatchTable table, long timeMillis, ByteBuffer staging) throws IOException {
        int position = file.size() + Frame.HEADER_BYTES + table.size() * BatchTable.ROW_BYTES;
        SegmentKey key = keyOrNull;
        NewBatches batches = table.batches();
        ByteBuffer bytes = key == null
                ? ByteBuffer.wrap(batches.bytes(), batches.from(0), batches.totalLength())
                : key.seal(table, timeMillis, position);
        var unused = file.append(table.frame(timeMillis, bytes, tagBytes()), staging);
        return position;
    }

    /** Reads the batch of a row of the shard's index. Blocks. */
    LogBatch read(int shard, ShardIndex rows, int row) throws IOException {
        ByteBuffer stored = file.read(rows.position(row), rows.length(row), rows.checksum(row));
        ByteBuffer payload = keyOrNull == null ? stored : keyOrNull.open(stored, shard, rows, row, file.path());
        return new LogBatch(
                rows.firstIndex(row),
                rows.count(row),
                rows.timeMillis(row),
                payload.array(),
                payload.arrayOffset() + payload.position(),
                payload.remaining());
    }

    /** The oldest batch's time, the end of time without one. Writer only. */
    long firstTimeMillis() {
        return firstTimeMillis;
    }

    /** The newest batch's time, 0 without one. Writer only. */
    long lastTimeMillis() {
        return lastTimeMillis;
    }

    /** Batches of this time are in it. Writer only. */
    void note(long timeMillis) {
        firstTimeMillis = Math.min(firstTimeMillis, timeMillis);
        lastTimeMillis = Math.max(lastTimeMillis, timeMillis);
    }

    /** The shard's index to add to, while this is the newest segment. Writer only. */
    ShardIndex writable(int shard) {
        return requireNonNull(live, "a full segment takes no batches").writable(shard);
    }

    /** The index, if it is in memory. */
    @Nullable
    SegmentIndex indexIfLoaded() {
        SegmentIndex index = live;
        return index != null ? index : spare.get();
    }

    /** The index, read from its file if it must be. Blocks. */
    SegmentIndex index() throws IOException {
        SegmentIndex index = indexIfLoaded();
        if (index == null) {
            index = load(files, file);
            spare = new SoftReference<>(index);
        }
        return index;
    }

    /** The segment is full: writes its index beside it and lets go of it. Writer only; all must be durable. */
    void finish() throws IOException {
        SegmentIndex index = requireNonNull(live, "finished already");
        save(files, file, index);
        endSealing();
        letGo();
    }

    /** Keeps the index, which is in its file, in memory no longer than there is room. Writer only. */
    void letGo() {
        spare = new SoftReference<>(live);
        live = null;
    }

    /** Reads a full segment's index, or makes it from the segment if it is missing or not whole. Blocks. */
    static SegmentIndex load(DiskFiles files, FrameFile file) throws IOException {
        SegmentIndex saved = loadSaved(files, file);
        if (saved != null) {
            return saved;
        }
        SegmentIndex made = new SegmentIndex();
        int end = file.scan((position, frame) -> add(file, made, position, frame));
        if (end != file.size()) {
            throw file.damage(end);
        }
        try {
            save(files, file, made);
        } catch (IOException e) {
            // Whoever looks next makes it again.
            log.debug("{} cannot be written: {}", indexPath(file.path()), e.toString());
        }
        return made;
    }

    private static @Nullable SegmentIndex loadSaved(DiskFiles files, FrameFile file) throws IOException {
        try (DiskFile saved = files.openExisting(indexPath(file.path()))) {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(saved.size(), Integer.MAX_VALUE - 8));
            saved.read(bytes, 0);
            return SegmentIndex.decode(bytes.flip(), file.size());
        } catch (NoSuchFileException missing) {
            return null;
        }
    }

    /** Enters the batches of a frame that was found in a file. */
    static void add(FrameFile file, SegmentIndex index, int position, Frame frame) {
        BatchTable.visit(frame, position, (shard, firstIndex, count, at, length, checksum) -> {
            ShardIndex before = index.shard(shard);
            boolean follows = before == null
                    ? firstIndex >= 0
                    : firstIndex == before.endIndex() && frame.timeMillis() >= before.timeMillis(before.size() - 1);
            if (shard < 0 || count < 1 || !follows) {
                throw new CorruptLogException(
                        file.path(),
                        position,
                        "batch " + firstIndex + " of shard " + shard + " is not the next one of its shard");
            }
            index.writable(shard).add(firstIndex, count, frame.timeMillis(), at, length, checksum, BatchCache.NONE);
        });
    }

    private static void save(DiskFiles files, FrameFile file, SegmentIndex index) throws IOException {
        // No fsync: an index that is not whole after a crash is made again from the segment.
        try (DiskFile target = files.open(indexPath(file.path()))) {
            target.truncate(0);
            target.write(index.encode(file.size()), 0);
        }
    }

    /** Closes and deletes the files. Writer only. */
    void delete() throws IOException {
        file.close();
        files.delete(indexPath(file.path()));
        files.delete(file.path());
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
