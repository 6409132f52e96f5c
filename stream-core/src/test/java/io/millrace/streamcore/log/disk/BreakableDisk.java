package io.millrace.streamcore.log.disk;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The real file system, which a test may break: then nothing can be written, and what is there is still read. */
public final class BreakableDisk {
    private volatile boolean isBroken;

    /** An engine on this disk. */
    public LogEngine engine(Path directory, LogSettings settings, LogProbe probe, Platform platform) {
        Files files = new Files(new NioDiskFiles(platform.ticker(), probe));
        return DiskLogEngine.open(files, directory, settings, probe, platform);
    }

    /** From now on nothing can be written. */
    public void breakDown() {
        isBroken = true;
    }

    /** From now on it is well. */
    public void mend() {
        isBroken = false;
    }

    private void check() throws IOException {
        if (isBroken) {
            throw new IOException("No space left on device");
        }
    }

    private final class Files implements DiskFiles {
        private final DiskFiles real;

        Files(DiskFiles real) {
            this.real = real;
        }

        @Override
        public DiskFile open(Path path) throws IOException {
            checkNew(path);
            return new File(real.open(path));
        }

        @Override
        public DiskFile openLocked(Path path) throws IOException {
            checkNew(path);
            return new File(real.openLocked(path));
        }

        @Override
        public @Nullable Object key(Path path) throws IOException {
            return real.key(path);
        }

        /** A file that is there can be opened, full disk or not. */
        private void checkNew(Path path) throws IOException {
            if (real.key(path) == null) {
                check();
            }
        }

        @Override
        public DiskFile openExisting(Path path) throws IOException {
            return new File(real.openExisting(path));
        }

        @Override
        public void createDirectories(Path directory) throws IOException {
            checkNew(directory);
            real.createDirectories(directory);
        }

        @Override
        public List<String> list(Path directory) throws IOException {
            return real.list(directory);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            check();
            real.rename(from, to);
        }

        @Override
        public void delete(Path path) throws IOException {
            real.delete(path);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            check();
            real.syncDirectory(directory);
        }
    }

    private final class File implements DiskFile {
        private final DiskFile real;

        File(DiskFile real) {
            this.real = real;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            check();
            real.write(source, position);
        }

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
            real.read(target, position);
        }

        @Override
        public void force() throws IOException {
            check();
            real.force();
        }

        @Override
        public void truncate(long size) throws IOException {
            check();
            real.truncate(size);
        }

        @Override
        public Object key() {
            return real.key();
        }

        @Override
        public long size() throws IOException {
            return real.size();
        }

        @Override
        public void close() throws IOException {
            real.close();
        }
    }
}
