package io.millrace.streamcore.log.disk;

import io.millrace.runtime.Platform;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogSettings;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** A disk in memory for tests above the log; see {@link FaultyFiles}. */
public final class MemoryDisk {
    private final FaultyFiles files;

    private MemoryDisk(FaultyFiles files) {
        this.files = files;
    }

    /** An empty disk. */
    public static MemoryDisk empty() {
        return new MemoryDisk(new FaultyFiles());
    }

    /** An engine on this disk. */
    public LogEngine engine(LogSettings settings, Platform platform) {
        return DiskLogEngine.open(files, Path.of("data"), settings, platform);
    }

    /** The disk as it is found if the power goes now. */
    public MemoryDisk crashed(SplittableRandom random) {
        return new MemoryDisk(files.crashed(random));
    }

    /** The next fsync but {@code more} fails. */
    public void failForceAfter(int more) {
        files.failForceAfter(more);
    }

    /** After {@code more} changes of any kind the next {@code count} fail; then the disk is well again. */
    public void failStepsAfter(int more, int count) {
        files.failStepsAfter(more, count);
    }

    /** How many changes were tried so far. */
    public int steps() {
        return files.steps();
    }

    /** How many bytes the files in a folder have. */
    public int bytesIn(String folder) {
        return files.files().stream()
                .filter(path -> path.startsWith(Path.of("data").resolve(folder)))
                .mapToInt(path -> files.bytes(path).length)
                .sum();
    }
}
