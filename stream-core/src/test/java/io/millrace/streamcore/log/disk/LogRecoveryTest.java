package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogClosedException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogInUseException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardLog;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LogRecoveryTest {
    private static final Path CATALOG = LogRig.DATA.resolve("catalog.log");

    @Test
    void aLogCutAnywhereInItsTailKeepsEveryWholeBatch() {
        LogRig rig = new LogRig(new FaultyFiles());
        ShardLog log = rig.open();
        int start = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            rig.append(log, 0, "batch " + i, "its second record");
            ends.add(rig.files.bytes(LogRig.FIRST_SEGMENT).length);
        }
        byte[] whole = rig.files.bytes(LogRig.FIRST_SEGMENT);
        for (int cut = start; cut <= whole.length; cut++) {
            FaultyFiles files = rig.files.copied();
            files.replace(LogRig.FIRST_SEGMENT, Arrays.copyOf(whole, cut));
            int end = cut;
            long batches = ends.stream().filter(at -> at <= end).count();
            LogRig after = new LogRig(files);
            ShardLog recovered = after.open();
            assertThat(recovered.bounds(0).end()).as("cut at %s", cut).isEqualTo(2 * batches);
            assertThat(after.records(recovered, 0)).hasSize((int) (2 * batches));
            assertThat(after.append(recovered, 0, "next").firstIndex()).isEqualTo(2 * batches);
            after.close();
            LogRig again = new LogRig(files);
            assertThat(again.records(again.open(), 0)).hasSize((int) (2 * batches) + 1);
        }
    }

    @Test
    void anAppendToSeveralShardsIsThereWholeOrNotAtAll() {
        LogRig rig = new LogRig(new FaultyFiles());
        ShardLog log = rig.open();
        rig.await(log.seal(2));
        int start = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            rig.await(log.append(ofFourShards("append " + i)));
            ends.add(rig.files.bytes(LogRig.FIRST_SEGMENT).length);
        }
        byte[] whole = rig.files.bytes(LogRig.FIRST_SEGMENT);
        for (int cut = start; cut <= whole.length; cut++) {
            FaultyFiles files = rig.files.copied();
            files.replace(LogRig.FIRST_SEGMENT, Arrays.copyOf(whole, cut));
            int end = cut;
            int appends = (int) ends.stream().filter(at -> at <= end).count();
            LogRig after = new LogRig(files);
            ShardLog recovered = after.open();
            for (int shard : List.of(0, 1, 3)) {
                assertThat(after.records(recovered, shard))
                        .as("shard %s cut at %s", shard, cut)
                        .isEqualTo(List.of("append 0", "append 1", "append 2").subList(0, appends));
            }
            assertThat(recovered.bounds(2).end()).isZero();
            assertThat(after.append(recovered, 1, "next").firstIndex()).isEqualTo(appends);
        }
    }

    /** One record each for shards 0 to 3. */
    private static NewBatches ofFourShards(String record) {
        return LogBatches.together(
                NewBatches.of(0, 1, LogBatches.payload(record)),
                NewBatches.of(1, 1, LogBatches.payload(record)),
                NewBatches.of(2, 1, LogBatches.payload(record)),
                NewBatches.of(3, 1, LogBatches.payload(record)));
    }

    @Test
    void aFlippedBitInAcknowledgedBatchesIsDamage() {
        LogRig rig = new LogRig(new FaultyFiles());
        ShardLog log = rig.open();
        int start = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        rig.append(log, 0, "first");
        rig.await(log.seal(2));
        rig.await(log.append(ofFourShards("second")));
        int last = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        rig.append(log, 0, "third");
        byte[] whole = rig.files.bytes(LogRig.FIRST_SEGMENT);
        for (int at = 0; at < last; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= (byte) (1 << at % 8);
            FaultyFiles files = rig.files.copied();
            files.replace(LogRig.FIRST_SEGMENT, flipped);
            LogRig after = new LogRig(files);
            if (at >= 20 && at < FrameFile.START) {
                // The four bytes of the file's start that mean nothing.
                assertThat(after.open().bounds(0).end()).isEqualTo(3);
                continue;
            }
            assertThatThrownBy(after::open)
                    .as("flipped at %s", at)
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining(LogRig.FIRST_SEGMENT + " is damaged at byte ");
            assertThat(files.bytes(LogRig.FIRST_SEGMENT)).isEqualTo(flipped);
        }
        assertThat(start).isLessThan(last);
    }

    @Test
    void afterACleanCloseTheLastBatchIsKnownToo() {
        LogRig rig = new LogRig(new FaultyFiles());
        rig.append(rig.open(), 0, "only");
        int end = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        rig.close();
        byte[] bytes = rig.files.bytes(LogRig.FIRST_SEGMENT);
        bytes[end - 1] ^= 1;
        rig.files.replace(LogRig.FIRST_SEGMENT, bytes);
        assertThatThrownBy(new LogRig(rig.files)::open).isInstanceOf(CorruptLogException.class);
    }

    /** As when a server is replaced by one of an earlier version after a crash. */
    @Test
    void aFrameOfAKindThatIsNotKnownIsNoTornTail() {
        LogRig rig = new LogRig(new FaultyFiles());
        ShardLog log = rig.open();
        int start = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        rig.append(log, 0, "acknowledged");
        FaultyFiles files = rig.files.copied();
        byte[] bytes = files.bytes(LogRig.FIRST_SEGMENT);
        ByteBuffer.wrap(bytes).putInt(start + 36, 99);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 8, 8);
        crc.update(bytes, start, 44);
        ByteBuffer.wrap(bytes).putInt(start + 44, (int) crc.getValue());
        files.replace(LogRig.FIRST_SEGMENT, bytes);
        assertThatThrownBy(new LogRig(files)::open)
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining(LogRig.FIRST_SEGMENT + " is damaged at byte " + start)
                .hasMessageContaining("newer version");
        assertThat(files.bytes(LogRig.FIRST_SEGMENT)).isEqualTo(bytes);
    }

    @Test
    void aDamagedBatchInAFullSegmentIsToldWhenItIsRead() {
        LogRig rig = smallSegments(new FaultyFiles());
        ShardLog log = rig.open();
        for (int i = 0; i < 100; i++) {
            rig.append(log, 0, "x".repeat(2000));
        }
        rig.close();
        byte[] bytes = rig.files.bytes(LogRig.FIRST_SEGMENT);
        bytes[10_000] ^= 1;
        rig.files.replace(LogRig.FIRST_SEGMENT, bytes);
        LogRig after = smallSegments(rig.files);
        ShardLog reopened = after.open();
        assertThatThrownBy(() -> after.records(reopened, 0))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("000000000001.log");
    }

    @Test
    void aDamagedBatchHarmsNoOtherOfItsAppend() {
        LogRig rig = smallSegments(new FaultyFiles());
        ShardLog log = rig.open();
        rig.await(log.append(ofFourShards("together")));
        int end = rig.files.bytes(LogRig.FIRST_SEGMENT).length;
        for (int i = 0; i < 100; i++) {
            rig.append(log, 4, "x".repeat(2000));
        }
        rig.close();
        byte[] bytes = rig.files.bytes(LogRig.FIRST_SEGMENT);
        bytes[end - 1] ^= 1;
        rig.files.replace(LogRig.FIRST_SEGMENT, bytes);
        LogRig after = smallSegments(rig.files);
        ShardLog reopened = after.open();
        for (int shard = 0; shard < 3; shard++) {
            assertThat(after.records(reopened, shard)).containsExactly("together");
        }
        assertThatThrownBy(() -> after.records(reopened, 3))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("000000000001.log is damaged at byte " + (end - "together".length()));
    }

    @Test
    void fullSegmentsOpenWithoutTheirIndexes() {
        LogRig rig = smallSegments(new FaultyFiles());
        ShardLog log = rig.open();
        for (int i = 0; i < 100; i++) {
            rig.append(log, i % 3, "record " + i + "x".repeat(2000));
        }
        List<String> expected = rig.records(log, 1);
        rig.close();
        FaultyFiles files = rig.files;
        files.files().stream()
                .filter(path -> path.toString().endsWith(".index"))
                .forEach(path -> {
                    byte[] bytes = files.bytes(path);
                    bytes[bytes.length / 2] ^= 1;
                    files.replace(path, bytes);
                });
        LogRig after = smallSegments(files);
        assertThat(after.records(after.open(), 1)).isEqualTo(expected);
    }

    @Test
    void aFullSegmentThatIsMissingOrCutIsDamage() {
        LogRig rig = smallSegments(new FaultyFiles());
        ShardLog log = rig.open();
        int[] ends = new int[3];
        for (int i = 0; i < 120; i++) {
            rig.append(log, 0, "x".repeat(2000));
            ends[Math.min(i, 2)] = i < 3 ? rig.files.bytes(LogRig.FIRST_SEGMENT).length : ends[2];
        }
        rig.close();
        FaultyFiles cut = rig.files.copied();
        cut.replace(LogRig.FIRST_SEGMENT, Arrays.copyOf(cut.bytes(LogRig.FIRST_SEGMENT), ends[2]));
        assertThatThrownBy(smallSegments(cut)::open).isInstanceOf(CorruptLogException.class);
        FaultyFiles missing = rig.files.copied();
        missing.remove(LogRig.FIRST_SEGMENT.resolveSibling("000000000002.log"));
        assertThatThrownBy(smallSegments(missing)::open)
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("missing");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void noCrashTakesBackWhatWasAcknowledged(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFiles files = new FaultyFiles();
        List<String> acknowledged = new ArrayList<>();
        for (int round = 0; round < 12; round++) {
            LogRig rig =
                    new LogRig(files, LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT), random.nextLong());
            ShardLog log = rig.open();
            List<String> found = rig.records(log, 0);
            assertThat(found).as("seed %s round %s", seed, round).startsWith(acknowledged.toArray(String[]::new));
            // What was not acknowledged may have survived; from now on it has to stay.
            acknowledged = new ArrayList<>(found);
            for (int i = random.nextInt(30); i > 0; i--) {
                String record = round + "-" + i + "x".repeat(random.nextInt(4000));
                rig.append(log, 0, record);
                acknowledged.add(record);
            }
            for (int i = random.nextInt(5); i > 0; i--) {
                CompletableFuture<AppendOutcome> unfinished = log.append(
                        0, 1, LogBatches.payload(round + "-unfinished-" + i + "y".repeat(random.nextInt(4000))));
                assertThat(unfinished).isNotDone();
            }
            if (random.nextBoolean()) {
                files.failForceAfter(0);
                rig.simulation.run(Duration.ofMillis(1));
                files.failForceAfter(Integer.MAX_VALUE);
            }
            files = files.crashed(random);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void noCrashWhileSegmentsComeAndGoLooksLikeDamage(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFiles files = new FaultyFiles();
        int kept = 0;
        for (int round = 0; round < 40; round++) {
            LogRig rig =
                    new LogRig(files, LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT), random.nextLong());
            ShardLog log = rig.open();
            // What is trimmed is trimmed from the front, and what is there goes on from where it was.
            assertThat(log.bounds(0).end()).as("seed %s round %s", seed, round).isGreaterThanOrEqualTo(kept);
            assertThat(rig.records(log, 0)).as("seed %s round %s", seed, round).hasSize((int)
                    (log.bounds(0).end() - log.bounds(0).first()));
            files.powerOffAfter(random.nextInt(1, 120));
            kept = appendAndTrim(rig, log, random);
            if (random.nextInt(4) == 0) {
                closeOrFail(rig);
            }
            files = files.crashed(random);
        }
    }

    /** Appends and trims until the power goes; the index after the last acknowledged record. */
    private static int appendAndTrim(LogRig rig, ShardLog log, SplittableRandom random) {
        int end = (int) log.bounds(0).end();
        try {
            for (int i = 0; i < 60; i++) {
                end = (int) rig.append(log, 0, "x".repeat(random.nextInt(8000))).firstIndex() + 1;
                rig.simulation.run(Duration.ofMillis(10));
                if (random.nextInt(8) == 0) {
                    rig.await(log.truncateBefore(rig.simulation.clock().millis() - random.nextInt(300)));
                }
            }
        } catch (LogFailedException powerIsOff) {
            assertThat(powerIsOff).hasMessageContaining("the power is off");
        }
        return end;
    }

    private static void closeOrFail(LogRig rig) {
        try {
            rig.close();
        } catch (LogFailedException powerIsOff) {
            assertThat(powerIsOff).hasMessageContaining("the power is off");
        }
    }

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void readersSeeNothingBeforeItIsDurable(FsyncPolicy policy) {
        FaultyFiles files = new FaultyFiles();
        LogRig rig = new LogRig(files, LogSettings.DEFAULTS.withFsync(policy), 1);
        ShardLog log = rig.open();
        int forces = files.forces();
        rig.append(log, 0, "a");
        assertThat(files.forces() - forces).isEqualTo(policy == FsyncPolicy.ALWAYS ? 1 : 0);
        rig.simulation.run(Duration.ofMillis(150));
        assertThat(files.forces() - forces).isEqualTo(policy == FsyncPolicy.NEVER ? 0 : 1);
        files.failForceAfter(0);
        CompletableFuture<AppendOutcome> second = log.append(0, 1, LogBatches.payload("b"));
        rig.simulation.run(Duration.ofMillis(1));
        if (policy == FsyncPolicy.ALWAYS) {
            assertThatThrownBy(() -> rig.await(second)).isInstanceOf(LogFailedException.class);
            assertThat(log.bounds(0).end()).isEqualTo(1);
        } else {
            assertThat(log.bounds(0).end()).isEqualTo(2);
        }
    }

    @Test
    void aFailedDiskEndsTheLogButNotItsReaders() {
        FaultyFiles files = new FaultyFiles();
        LogRig rig = new LogRig(files);
        ShardLog log = rig.open();
        rig.append(log, 0, "a");
        files.failWriteAfter(0);
        assertThatThrownBy(() -> rig.append(log, 0, "b"))
                .isInstanceOf(LogFailedException.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("nothing more is accepted");
        files.failWriteAfter(Integer.MAX_VALUE);
        assertThatThrownBy(() -> rig.append(log, 0, "c")).isInstanceOf(LogFailedException.class);
        assertThatThrownBy(() -> rig.await(log.seal(0))).isInstanceOf(LogFailedException.class);
        assertThat(rig.records(log, 0)).containsExactly("a");
        rig.close();
        LogRig after = new LogRig(files);
        assertThat(after.records(after.open(), 0)).containsExactly("a");
    }

    @Test
    void whatWaitsIsWrittenWithOneFsync() {
        FaultyFiles files = new FaultyFiles();
        LogRig rig = new LogRig(files);
        ShardLog log = rig.open();
        int forces = files.forces();
        List<CompletableFuture<AppendOutcome>> appends = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            appends.add(log.append(i % 100, 1, LogBatches.payload("record " + i)));
        }
        appends.forEach(rig::await);
        assertThat(files.forces() - forces).isEqualTo(1);
    }

    @Test
    void readsAtTheTipDoNotTouchTheDisk() {
        FaultyFiles files = new FaultyFiles();
        LogRig rig = new LogRig(files);
        ShardLog log = rig.open();
        int reads = files.reads();
        for (int i = 0; i < 50; i++) {
            rig.append(log, 0, "record " + i);
        }
        CompletableFuture<List<LogBatch>> read = log.read(0, 20, 1000, 1 << 20);
        assertThat(read).isCompletedWithValueMatching(batches -> batches.size() == 30);
        assertThat(files.reads()).isEqualTo(reads);
    }

    @Test
    void aDroppedLogIsGone() {
        LogRig rig = new LogRig(new FaultyFiles());
        ShardLog log = rig.open();
        rig.append(log, 0, "a");
        rig.await(rig.engine.drop(LogRig.NAME));
        assertThat(rig.files.files()).containsExactly(CATALOG, LogRig.DATA.resolve("lock"));
        assertThatThrownBy(() -> rig.append(log, 0, "b")).isInstanceOf(LogClosedException.class);
        assertThatThrownBy(() -> rig.await(log.read(0, 0, 1, 1))).isInstanceOf(LogClosedException.class);
        assertThat(rig.open().bounds(0).end()).isZero();
        rig.await(rig.engine.drop("never@1"));
    }

    @Test
    void aLockedDirectoryIsRefused() {
        LogRig rig = new LogRig(new FaultyFiles());
        assertThatThrownBy(() -> new LogRig(rig.files))
                .isInstanceOf(LogInUseException.class)
                .hasMessageContaining("in use by another server");
        rig.close();
        new LogRig(rig.files).close();
    }

    private static LogRig smallSegments(FaultyFiles files) {
        return new LogRig(
                files,
                LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withCacheBytes(0),
                1);
    }
}
