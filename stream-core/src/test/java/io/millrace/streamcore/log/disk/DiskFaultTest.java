package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The disk fails at every single step in turn, once or for a while, and is well again later. */
final class DiskFaultTest {
    private static final int SHARDS = 3;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "ALWAYS, 1, false", "ALWAYS, 7, false", "ALWAYS, 60, false", "ALWAYS, 3, true",
        "INTERVAL, 1, false", "INTERVAL, 7, true", "NEVER, 1, false", "NEVER, 7, false"
    })
    void whereverTheDiskFailsNothingAcknowledgedIsLostAndTheLogGoesOn(
            FsyncPolicy policy, int failures, boolean encrypted) throws IOException {
        Run dry = new Run(settings(policy, encrypted), encrypted, 0);
        dry.work();
        int steps = dry.rig.files.steps() - dry.begun;
        assertThat(steps).isGreaterThan(40);
        int failedSomewhere = 0;
        for (int step = 0; step < steps; step++) {
            Run run = new Run(settings(policy, encrypted), encrypted, step);
            run.rig.files.failStepsAfter(step, failures);
            run.work();
            failedSomewhere += run.refused;
            String where = policy + " fails at step " + step;
            run.rig.simulation.run(Duration.ofMinutes(30));
            run.rig.files.failStepsAfter(Integer.MAX_VALUE, 0);
            run.append(0, 10);
            assertThat(run.lastRefused).as(where).isFalse();
            run.check(run.rig, run.log, where);
            run.checkAfterCrash(policy, where);
        }
        assertThat(failedSomewhere).isPositive();
    }

    private LogSettings settings(FsyncPolicy policy, boolean encrypted) throws IOException {
        LogSettings settings =
                LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withFsync(policy);
        return encrypted ? settings.withKeyFile(key()) : settings;
    }

    private Path key() throws IOException {
        Path file = folder.resolve("key");
        if (!Files.exists(file)) {
            Files.writeString(file, "0123456789abcdef".repeat(4));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        return file;
    }

    /** A log with work that makes, ends and trims segments. */
    private static final class Run {
        private final LogSettings settings;
        private final LogRig rig;
        private final SplittableRandom random;
        private final Map<Integer, List<String>> acknowledged = new TreeMap<>();
        private final ShardLog log;
        private final int begun;
        private int refused;
        private boolean lastRefused;

        Run(LogSettings settings, boolean encrypted, long seed) {
            this.settings = settings;
            this.rig = new LogRig(new FaultyFiles(), settings, seed);
            this.random = new SplittableRandom(seed);
            this.log = rig.open();
            rig.await(log.encrypt(encrypted));
            this.begun = rig.files.steps();
        }

        void work() {
            for (int i = 0; i < 16; i++) {
                append(random.nextInt(SHARDS), random.nextInt(12_000));
                rig.simulation.run(Duration.ofMillis(random.nextInt(60)));
            }
            tryTo(() -> rig.await(log.seal(SHARDS)));
            long horizon = rig.simulation.clock().millis() - 200;
            tryTo(() -> rig.await(log.truncateBefore(horizon)));
            for (int i = 0; i < 6; i++) {
                append(random.nextInt(SHARDS), random.nextInt(20_000));
            }
            rig.simulation.run(Duration.ofMillis(200));
        }

        void append(int shard, int length) {
            List<String> records = acknowledged.computeIfAbsent(shard, none -> new ArrayList<>());
            String record = records.size() + "x".repeat(length);
            tryTo(() -> {
                assertThat(rig.append(log, shard, record).firstIndex()).isEqualTo(records.size());
                records.add(record);
            });
        }

        private void tryTo(Runnable step) {
            lastRefused = false;
            try {
                step.run();
            } catch (LogFailedException full) {
                refused++;
                lastRefused = true;
            }
        }

        /** Everything that was acknowledged is there, but for what was trimmed, and nothing else. */
        void check(LogRig on, ShardLog found, String where) {
            acknowledged.forEach((shard, records) -> {
                int first = (int) found.bounds(shard).first();
                assertThat(on.records(found, shard)).as(where).isEqualTo(records.subList(first, records.size()));
            });
        }

        void checkAfterCrash(FsyncPolicy policy, String where) {
            // Longer than the interval between two fsyncs.
            rig.simulation.run(Duration.ofSeconds(1));
            FaultyFiles left = policy == FsyncPolicy.NEVER ? rig.files.copied() : rig.files.crashed(random);
            LogRig next = new LogRig(left, settings, 5);
            check(next, next.open(), where + ", then a crash");
            next.close();
            LogRig last = new LogRig(left, settings, 6);
            check(last, last.open(), where + ", then a crash and a restart");
        }
    }
}
