package io.millrace.streamcore.log.disk;

import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.ShardLog;
import io.millrace.streamcore.log.ShardLogConformance;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The disk engine does what every log does: on a real disk, and with small segments and no cache on one in memory. */
final class DiskShardLogTest {
    @Nested
    final class OnARealDisk extends ShardLogConformance {
        @TempDir
        private Path directory;

        private DiskLogEngine engine;
        private ShardLog log;

        @BeforeEach
        void open() {
            engine = DiskLogEngine.open(directory, LogSettings.DEFAULTS, LogProbe.NONE, new SystemPlatform());
            log = await(engine.open(LogRig.NAME));
        }

        @AfterEach
        void close() {
            await(engine.close());
        }

        @Override
        protected ShardLog log() {
            return log;
        }

        @Override
        protected void restart() {
            close();
            open();
        }

        @Override
        protected <T> T await(CompletableFuture<T> future) {
            return future.orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    @Nested
    final class WithoutCache extends InMemory {
        WithoutCache() {
            super(0);
        }
    }

    @Nested
    final class WithLittleCache extends InMemory {
        WithLittleCache() {
            super(10_000);
        }
    }

    abstract static class InMemory extends ShardLogConformance {
        private final long cacheBytes;
        private LogRig rig;
        private ShardLog log;

        InMemory(long cacheBytes) {
            this.cacheBytes = cacheBytes;
        }

        @BeforeEach
        void open() {
            open(new FaultyFiles());
        }

        private void open(FaultyFiles files) {
            rig = new LogRig(
                    files,
                    LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withCacheBytes(cacheBytes),
                    1);
            log = rig.open();
        }

        @Override
        protected ShardLog log() {
            return log;
        }

        @Override
        protected void restart() {
            rig.close();
            open(rig.files);
        }

        @Override
        protected <T> T await(CompletableFuture<T> future) {
            return rig.await(future);
        }
    }

    @Nested
    final class Encrypted extends OnDiskEncrypted {
        Encrypted() {
            super(0);
        }
    }

    @Nested
    final class EncryptedWithLittleCache extends OnDiskEncrypted {
        EncryptedWithLittleCache() {
            super(10_000);
        }
    }

    abstract static class OnDiskEncrypted extends ShardLogConformance {
        private final long cacheBytes;

        @TempDir
        private Path directory;

        private DiskLogEngine engine;
        private ShardLog log;

        OnDiskEncrypted(long cacheBytes) {
            this.cacheBytes = cacheBytes;
        }

        @BeforeEach
        void open() {
            LogSettings settings =
                    LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withCacheBytes(cacheBytes);
            engine = DiskLogEngine.open(directory, settings, LogProbe.NONE, new SystemPlatform());
            log = await(engine.open(LogRig.NAME));
            await(log.encrypt(true));
        }

        @AfterEach
        void close() {
            await(engine.close());
        }

        @Override
        protected ShardLog log() {
            return log;
        }

        @Override
        protected void restart() {
            close();
            open();
        }

        @Override
        protected <T> T await(CompletableFuture<T> future) {
            return future.orTimeout(20, TimeUnit.SECONDS).join();
        }
    }
}
