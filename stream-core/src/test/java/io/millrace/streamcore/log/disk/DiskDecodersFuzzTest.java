package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever bytes stand in a data folder, opening and reading it gives an answer or a {@link LogException}. */
final class DiskDecodersFuzzTest {
    private static final int ROUNDS = 60;

    @TempDir
    private Path folder;

    private LogSettings settings;

    @BeforeEach
    void writeKey() throws IOException {
        Path key = folder.resolve("key");
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, "fedcba9876543210".repeat(4));
        settings = LogSettings.DEFAULTS
                .withSegmentBytes(LogRig.SMALL_SEGMENT)
                .withCacheBytes(0)
                .withKeyFile(key);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void anyBytesGiveAnAnswerOrTheLogsOwnException(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFiles valid = folder(random);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            FaultyFiles files = valid.copied();
            Path victim = pick(files.files(), random);
            byte[] bytes = mutated(files.bytes(victim), random);
            files.replace(victim, bytes);
            try {
                use(files);
            } catch (LogException e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round + ", " + victim, e);
            }
        }
        assertThat(refused).as("seed %s", seed).isPositive();
    }

    private void use(FaultyFiles files) {
        LogRig rig = new LogRig(files, settings, 1);
        assertThat(rig.engine.meta().entries()).isNotNull();
        ShardLog log = rig.open();
        for (int shard = 0; shard < 3; shard++) {
            ShardBounds bounds = log.bounds(shard);
            assertThat(rig.await(log.read(shard, bounds.first(), 1000, 1 << 20)))
                    .isNotNull();
            assertThat(rig.await(log.findTime(shard, bounds.lastTimeMillis()))).isNotNull();
        }
        rig.append(log, 0, "goes on");
        rig.close();
    }

    /** A folder with a catalog, full segments with and without indexes, encrypted ones too, and perhaps a clean stop. */
    private FaultyFiles folder(SplittableRandom random) {
        LogRig rig = new LogRig(new FaultyFiles(), settings, 1);
        rig.await(rig.engine.meta().commit(MetaChange.put("stream/s", 0, Bytes.utf8("entry"))));
        rig.await(rig.engine.meta().commit(MetaChange.put("stream/t", 0, Bytes.utf8("entry"))));
        rig.await(rig.engine.meta().commit(MetaChange.remove("stream/t", 2)));
        ShardLog log = rig.open();
        for (int i = 0; i < 12; i++) {
            rig.await(log.encrypt(i % 4 == 3));
            rig.append(log, i % 3, "x".repeat(random.nextInt(20_000)), "y");
            rig.await(log.append(LogBatches.together(
                    NewBatches.of((i + 1) % 3, 1, LogBatches.payload("z")),
                    NewBatches.of((i + 2) % 3, 2, LogBatches.payload("x".repeat(random.nextInt(200)), "y")))));
        }
        rig.await(log.seal(2));
        if (random.nextBoolean()) {
            rig.close();
        }
        return rig.files.copied();
    }

    private static Path pick(List<Path> files, SplittableRandom random) {
        List<Path> some = new ArrayList<>(files);
        // Nothing is ever in it.
        some.remove(LogRig.DATA.resolve("lock"));
        return some.get(random.nextInt(some.size()));
    }

    private static byte[] mutated(byte[] bytes, SplittableRandom random) {
        byte[] next = bytes.clone();
        switch (random.nextInt(6)) {
            case 0 -> {
                next = new byte[random.nextInt(3000)];
                random.nextBytes(next);
            }
            case 1 -> next = Arrays.copyOf(next, random.nextInt(next.length + 1));
            case 2 -> next = Arrays.copyOf(next, next.length + random.nextInt(200));
            case 3 -> flip(next, random);
            case 4 -> {
                // As who means harm does it: the checksums fit.
                for (int i = 0; i < 4; i++) {
                    flip(next, random);
                }
                refit(next);
            }
            default -> {
                putNumber(next, random);
                refit(next);
            }
        }
        return next;
    }

    private static void flip(byte[] bytes, SplittableRandom random) {
        if (bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    /** A number of the sort that breaks counters and lengths, at the beginning or anywhere. */
    private static void putNumber(byte[] bytes, SplittableRandom random) {
        int[] numbers = {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0, 1 << 28, random.nextInt()};
        int bound = random.nextBoolean() ? Math.min(bytes.length, 120) : bytes.length;
        if (bound > 4) {
            ByteBuffer.wrap(bytes).putInt(random.nextInt(bound - 3), numbers[random.nextInt(numbers.length)]);
        }
    }

    /** Makes every checksum fit that can be found: of frames, and of files that end with one. */
    private static void refit(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        if (bytes.length < FrameFile.START) {
            return;
        }
        boolean isLog = buffer.getLong(0) == 0x4d494c4c52414345L;
        if (!isLog) {
            buffer.putInt(bytes.length - 4, Frame.crc(buffer.slice(0, bytes.length - 4)));
            return;
        }
        buffer.putInt(16, Frame.crc(buffer.slice(0, 16)));
        int at = FrameFile.START;
        while (at + Frame.HEADER_BYTES <= bytes.length && buffer.getInt(at) == Frame.MAGIC) {
            int length = buffer.getInt(at + 4);
            boolean fits = length >= 0 && length <= bytes.length - at - Frame.HEADER_BYTES;
            if (fits) {
                buffer.putInt(at + 8, Frame.crc(refitted(buffer, at, length)));
            }
            CRC32C crc = new CRC32C();
            crc.update(bytes, 8, 8);
            crc.update(bytes, at, 44);
            buffer.putInt(at + 44, (int) crc.getValue());
            if (!fits) {
                return;
            }
            at += Frame.HEADER_BYTES + length;
        }
    }

    /** Makes the batches' checksums fit, and answers what the frame's is made of. */
    private static ByteBuffer refitted(ByteBuffer buffer, int at, int length) {
        int start = at + Frame.HEADER_BYTES;
        long rows = buffer.getInt(at + 32);
        if (buffer.getInt(at + 36) != FrameKind.BATCHES.code() || rows < 0 || rows * BatchTable.ROW_BYTES > length) {
            return buffer.slice(start, length);
        }
        int table = (int) rows * BatchTable.ROW_BYTES;
        int next = start + table;
        for (int row = start; row < start + table; row += BatchTable.ROW_BYTES) {
            int size = buffer.getInt(row + 8);
            if (size < 0 || size > start + length - next) {
                break;
            }
            buffer.putInt(row + 12, Frame.crc(buffer.slice(next, size)));
            next += size;
        }
        return buffer.slice(start, table);
    }
}
