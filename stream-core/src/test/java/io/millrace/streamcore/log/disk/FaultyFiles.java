package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.LogInUseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that can fail, and that after a crash holds what was synced for certain and the rest perhaps: a file
 * keeps some of its unsynced bytes, sector by sector, and a name that was not synced is there or not. Not safe for several
 * threads.
 */
final class FaultyFiles implements DiskFiles {
    private static final int SECTOR = 64;

    private final Map<Path, Inode> names = new TreeMap<>();
    private final Map<Path, Inode> durableNames = new TreeMap<>();
    private int writesUntilFailure = Integer.MAX_VALUE;
    private int forcesUntilFailure = Integer.MAX_VALUE;
    private int stepsUntilPowerOff = Integer.MAX_VALUE;
    private int stepsUntilFailures = Integer.MAX_VALUE;
    private int failures;
    private int steps;
    private int reads;
    private int forces;

    /** The next write but {@code more} fails, halfway. */
    void failWriteAfter(int more) {
        writesUntilFailure = more;
    }

    /** Takes a file away, durably. */
    void remove(Path path) {
        names.remove(path);
        durableNames.remove(path);
    }

    /** The next fsync but {@code more} fails. */
    void failForceAfter(int more) {
        forcesUntilFailure = more;
    }

    /** After {@code more} changes of any kind every further one fails. */
    void powerOffAfter(int more) {
        stepsUntilPowerOff = more;
    }

    /** After {@code more} changes of any kind the next {@code count} fail, writes halfway; then the disk is well again. */
    void failStepsAfter(int more, int count) {
        stepsUntilFailures = more;
        failures = count;
    }

    /** How many changes were tried so far. */
    int steps() {
        return steps;
    }

    private boolean isToFail() {
        if (stepsUntilFailures-- > 0) {
            return false;
        }
        stepsUntilFailures = 0;
        return failures-- > 0;
    }

    private void step() throws IOException {
        steps++;
        if (isToFail()) {
            throw new IOException("No space left on device");
        }
        power();
    }

    private void power() throws IOException {
        if (stepsUntilPowerOff-- <= 0) {
            stepsUntilPowerOff = 0;
            throw new IOException("the power is off");
        }
    }

    int reads() {
        return reads;
    }

    int forces() {
        return forces;
    }

    /** The disk as another server finds it after the power went. */
    FaultyFiles crashed(SplittableRandom random) {
        FaultyFiles after = new FaultyFiles();
        Set<Path> all = new TreeSet<>(names.keySet());
        all.addAll(durableNames.keySet());
        for (Path path : all) {
            Inode now = names.get(path);
            Inode before = durableNames.get(path);
            Inode kept = Objects.equals(now, before) || random.nextBoolean() ? now : before;
            if (kept != null) {
                after.adopt(path, kept.crashed(random));
            }
        }
        return after;
    }

    /** A copy of the disk as it is, for another server. */
    FaultyFiles copied() {
        FaultyFiles copy = new FaultyFiles();
        names.forEach((path, inode) -> copy.adopt(path, new Inode(inode.bytes.clone())));
        return copy;
    }

    /** A file's bytes. */
    byte[] bytes(Path path) {
        return requireNonNull(names.get(path), "file").bytes.clone();
    }

    /** Puts other bytes in a file's place, durably. */
    void replace(Path path, byte[] bytes) {
        adopt(path, new Inode(bytes.clone()));
    }

    /** All files, in order. */
    List<Path> files() {
        return List.copyOf(names.keySet());
    }

    @Override
    public DiskFile open(Path path) {
        return new MemoryFile(names.computeIfAbsent(path, missing -> new Inode(new byte[0])));
    }

    @Override
    public DiskFile openLocked(Path path) {
        Inode inode = names.computeIfAbsent(path, missing -> new Inode(new byte[0]));
        if (inode.isLocked) {
            throw new LogInUseException(path);
        }
        inode.isLocked = true;
        MemoryFile file = new MemoryFile(inode);
        file.isLocked = true;
        return file;
    }

    @Override
    public @Nullable Object key(Path path) {
        return names.get(path);
    }

    @Override
    public DiskFile openExisting(Path path) throws IOException {
        Inode inode = names.get(path);
        if (inode == null) {
            throw new NoSuchFileException(path.toString());
        }
        return new MemoryFile(inode);
    }

    @Override
    public void createDirectories(Path directory) {}

    @Override
    public List<String> list(Path directory) {
        // Directories are there as long as something is in them.
        return names.keySet().stream()
                .filter(path -> path.startsWith(directory) && !path.equals(directory))
                .map(path -> String.valueOf(path.getName(directory.getNameCount())))
                .distinct()
                .sorted()
                .toList();
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        step();
        Inode inode = names.remove(from);
        if (inode == null) {
            throw new NoSuchFileException(from.toString());
        }
        names.put(to, inode);
    }

    @Override
    public void delete(Path path) throws IOException {
        step();
        names.remove(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step();
        durableNames.keySet().removeIf(path -> directory.equals(path.getParent()) && !names.containsKey(path));
        names.forEach((path, inode) -> {
            if (directory.equals(path.getParent())) {
                durableNames.put(path, inode);
            }
        });
    }

    private void adopt(Path path, Inode inode) {
        names.put(path, inode);
        durableNames.put(path, inode);
    }

    private record Range(int from, int to) {}

    private static final class Inode {
        private byte[] bytes;
        private byte[] durable;
        private boolean isLocked;
        /** What was written since the last fsync. */
        private final List<Range> dirty = new ArrayList<>();

        Inode(byte[] bytes) {
            this.bytes = bytes;
            this.durable = bytes.clone();
        }

        void force() {
            durable = Arrays.copyOf(durable, bytes.length);
            for (Range range : dirty) {
                int end = Math.min(range.to, bytes.length);
                if (end > range.from) {
                    System.arraycopy(bytes, range.from, durable, range.from, end - range.from);
                }
            }
        }

        Inode crashed(SplittableRandom random) {
            int shortest = Math.min(bytes.length, durable.length);
            int longest = Math.max(bytes.length, durable.length);
            byte[] left = Arrays.copyOf(durable, random.nextInt(shortest, longest + 1));
            for (int at = 0; at < left.length; at += SECTOR) {
                if (random.nextBoolean()) {
                    int end = Math.min(Math.min(at + SECTOR, left.length), bytes.length);
                    if (end > at) {
                        System.arraycopy(bytes, at, left, at, end - at);
                    }
                }
            }
            return new Inode(left);
        }
    }

    private final class MemoryFile implements DiskFile {
        private final Inode inode;
        private boolean closed;
        private boolean isLocked;

        MemoryFile(Inode inode) {
            this.inode = inode;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            checkOpen();
            steps++;
            power();
            boolean fails = writesUntilFailure-- == 0 || isToFail();
            int length = fails ? source.remaining() / 2 : source.remaining();
            int end = (int) position + length;
            if (inode.bytes.length < end) {
                inode.bytes = Arrays.copyOf(inode.bytes, end);
            }
            source.get(inode.bytes, (int) position, length);
            inode.dirty.add(new Range((int) position, end));
            if (fails) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
            checkOpen();
            reads++;
            int length = Math.max(0, Math.min(target.remaining(), inode.bytes.length - (int) position));
            target.put(inode.bytes, (int) position, length);
        }

        @Override
        public void force() throws IOException {
            checkOpen();
            forces++;
            try {
                step();
                if (forcesUntilFailure-- == 0) {
                    throw new IOException("Input/output error");
                }
                inode.force();
            } finally {
                // As systems do: after an fsync that failed nothing is tried again.
                inode.dirty.clear();
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            checkOpen();
            step();
            inode.bytes = Arrays.copyOf(inode.bytes, (int) Math.min(size, inode.bytes.length));
        }

        @Override
        public long size() throws IOException {
            checkOpen();
            return inode.bytes.length;
        }

        @Override
        public Object key() {
            return inode;
        }

        @Override
        public void close() {
            closed = true;
            if (isLocked) {
                isLocked = false;
                inode.isLocked = false;
            }
        }

        private void checkOpen() throws IOException {
            if (closed) {
                throw new ClosedChannelException();
            }
        }
    }
}
