package io.millrace.streamcore.log.disk;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogKeyException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs of encrypted streams, and their keys. */
final class EncryptionTest {
    private static final String SECRET = "attack-at-dawn";
    private static final byte[] KEY = bytes(7);

    @TempDir
    private Path folder;

    private LogSettings settings;

    @BeforeEach
    void writeKey() throws IOException {
        settings = LogSettings.DEFAULTS
                .withSegmentBytes(LogRig.SMALL_SEGMENT)
                .withCacheBytes(0)
                .withKeyFile(keyFile("key", KEY));
    }

    @Test
    void nothingOfWhatIsEncryptedIsReadableInTheFiles() {
        LogRig rig = new LogRig(new FaultyFiles(), settings, 1);
        ShardLog log = rig.open();
        rig.append(log, 0, "plain-before");
        rig.await(log.encrypt(true));
        for (int i = 0; i < 50; i++) {
            rig.append(log, i % 3, SECRET.repeat(400), SECRET);
        }
        rig.await(log.encrypt(false));
        rig.append(log, 0, "plain-after");
        rig.close();
        StringBuilder all = new StringBuilder();
        for (Path file : rig.files.files()) {
            all.append(new String(rig.files.bytes(file), ISO_8859_1));
        }
        assertThat(all).contains("plain-before", "plain-after").doesNotContain(SECRET.substring(0, 8));
        LogRig next = new LogRig(rig.files, settings, 2);
        List<String> records = next.records(next.open(), 0);
        assertThat(records).hasSize(2 + 34).startsWith("plain-before").endsWith(SECRET, "plain-after");
    }

    @Test
    void everySegmentHasAKeyOfItsOwnAndNoneIsWrittenOnAfterARestart() {
        FaultyFiles files = new FaultyFiles();
        Set<ByteBuffer> keys = new HashSet<>();
        for (int life = 0; life < 4; life++) {
            LogRig rig = new LogRig(files, settings, life);
            ShardLog log = rig.open();
            rig.await(log.encrypt(true));
            rig.append(log, 0, "life " + life);
            // A crash, or a stop in good order.
            if (life % 2 == 0) {
                rig.close();
            }
            files = rig.files.copied();
        }
        int segments = 0;
        for (Path file : files.files()) {
            if (Segment.numberOf(String.valueOf(file.getFileName())) > 1) {
                segments++;
                int start = FrameFile.START + Frame.HEADER_BYTES;
                keys.add(ByteBuffer.wrap(
                        Arrays.copyOfRange(files.bytes(file), start + 8, start + MasterKey.WRAPPED_BYTES)));
            }
        }
        assertThat(segments).isEqualTo(4);
        assertThat(keys).hasSize(4);
        LogRig last = new LogRig(files, settings, 9);
        assertThat(last.records(last.open(), 0)).containsExactly("life 0", "life 1", "life 2", "life 3");
    }

    /** A log may have thousands of them. */
    @Test
    void aFullSegmentKeepsNoMemoryForSealing() throws IOException {
        Frame first = Frame.mark(FrameKind.STATE, -1, 0, 0);
        FaultyFiles files = new FaultyFiles();
        FrameFile file = FrameFile.create(files, LogRig.FIRST_SEGMENT, 1, first);
        try (Segment segment = new Segment(files, 1, file, new SegmentKey(KEY), new SegmentIndex())) {
            segment.beginSealing();
            ByteBuffer staging = ByteBuffer.allocate(1 << 10);
            BatchTable table = new BatchTable(NewBatches.of(0, 1, LogBatches.payload("x".repeat(100_000))));
            var unused = segment.append(table, 1, staging);
            file.flush(staging);
            assertThat(segment.heldForSealing()).isGreaterThanOrEqualTo(100_000);
            segment.finish();
            assertThat(segment.heldForSealing()).isZero();
        }
    }

    @Test
    void whoChangesAByteAndItsChecksumIsFoundOut() {
        FaultyFiles files = encrypted();
        Path segment = secondSegment();
        byte[] bytes = files.bytes(segment);
        int frame = lastFrame(bytes);
        bytes[bytes.length - SegmentKey.TAG_BYTES - 3] ^= 1;
        refit(bytes, frame);
        files.replace(segment, bytes);
        assertTampered(files);
    }

    @Test
    void whoMovesABatchToAnotherTimeIsFoundOut() {
        FaultyFiles files = encrypted();
        Path segment = secondSegment();
        byte[] bytes = files.bytes(segment);
        int frame = lastFrame(bytes);
        // Ten years ago.
        ByteBuffer.wrap(bytes).putLong(frame + 24, 1_450_000_000_000L);
        refit(bytes, frame);
        files.replace(segment, bytes);
        assertTampered(files);
    }

    @Test
    void whoSwapsTheShardsOfAnAppendIsFoundOut() {
        LogRig rig = new LogRig(new FaultyFiles(), settings, 1);
        ShardLog log = rig.open();
        rig.await(log.encrypt(true));
        rig.await(log.append(LogBatches.together(
                NewBatches.of(0, 1, LogBatches.payload(SECRET)), NewBatches.of(1, 1, LogBatches.payload(SECRET)))));
        FaultyFiles files = rig.files.copied();
        byte[] bytes = files.bytes(secondSegment());
        int stored = SECRET.length() + SegmentKey.TAG_BYTES;
        byte[] first = Arrays.copyOfRange(bytes, bytes.length - 2 * stored, bytes.length - stored);
        // No two places are sealed alike.
        assertThat(Arrays.copyOfRange(bytes, bytes.length - stored, bytes.length))
                .isNotEqualTo(first);
        int frame = bytes.length - 2 * stored - 2 * BatchTable.ROW_BYTES - Frame.HEADER_BYTES;
        ByteBuffer.wrap(bytes).putInt(frame + Frame.HEADER_BYTES, 1);
        ByteBuffer.wrap(bytes).putInt(frame + Frame.HEADER_BYTES + BatchTable.ROW_BYTES, 0);
        refit(bytes, frame);
        files.replace(secondSegment(), bytes);
        LogRig next = new LogRig(files, settings, 3);
        ShardLog reopened = next.open();
        for (int shard = 0; shard < 2; shard++) {
            var read = reopened.read(shard, 0, 1, 1);
            assertThatThrownBy(() -> next.await(read)).isInstanceOf(CorruptLogException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void noCrashTakesBackWhatWasAcknowledged(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFiles files = new FaultyFiles();
        int acknowledged = 0;
        for (int round = 0; round < 20; round++) {
            LogRig rig = new LogRig(files, settings, random.nextLong());
            ShardLog log = rig.open();
            rig.await(log.encrypt(random.nextInt(4) > 0));
            assertThat(rig.records(log, 0))
                    .as("seed %s round %s", seed, round)
                    .hasSizeGreaterThanOrEqualTo(acknowledged);
            acknowledged = (int) log.bounds(0).end();
            files.powerOffAfter(random.nextInt(1, 60));
            try {
                while (true) {
                    acknowledged = (int) rig.append(log, 0, SECRET.repeat(random.nextInt(600)))
                                    .firstIndex()
                            + 1;
                }
            } catch (LogException powerIsOff) {
                files = files.crashed(random);
            }
        }
    }

    @Test
    void anotherKeyIsRefused() throws IOException {
        FaultyFiles files = encrypted();
        LogSettings other = settings.withKeyFile(keyFile("other", bytes(8)));
        LogRig next = new LogRig(files, other, 2);
        assertThatThrownBy(next::open)
                .isInstanceOf(LogKeyException.class)
                .hasMessageContaining("is encrypted with another key than the one in " + folder.resolve("other"))
                .hasMessageContaining("--encryption-key");
    }

    @Test
    void aMissingKeyIsRefused() throws IOException {
        FaultyFiles files = encrypted();
        LogRig next = new LogRig(files, LogSettings.DEFAULTS, 2);
        assertThatThrownBy(next::open)
                .isInstanceOf(LogKeyException.class)
                .hasMessageContaining("encryption.key is missing");
        LogSettings nowhere = settings.withKeyFile(folder.resolve("nowhere"));
        assertThatThrownBy(() -> new LogRig(new FaultyFiles(), nowhere, 2))
                .isInstanceOf(LogKeyException.class)
                .hasMessageContaining("Cannot read the encryption key " + folder.resolve("nowhere"));
    }

    @Test
    void aKeyIsRawHexadecimalOrBase64AndItsOwnersAlone() throws IOException {
        FaultyFiles files = encrypted();
        for (byte[] form : List.of(
                HexFormat.of().formatHex(KEY).getBytes(ISO_8859_1),
                (HexFormat.of().withUpperCase().formatHex(KEY) + "\n").getBytes(ISO_8859_1),
                (Base64.getEncoder().encodeToString(KEY) + "\r\n").getBytes(ISO_8859_1))) {
            LogRig next = new LogRig(files.copied(), settings.withKeyFile(keyFile("form", form)), 2);
            assertThat(next.records(next.open(), 0)).containsExactly("first", SECRET);
        }
        for (byte[] form : List.of(new byte[0], new byte[31], "secret".getBytes(ISO_8859_1))) {
            assertRefused(keyFile("form", form), "holds no encryption key");
        }
        Path file = keyFile("key", KEY);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertRefused(file, "chmod 600");
    }

    @Test
    void withoutAKeyFileOneIsMadeForItsOwnerWhenItIsNeeded() throws IOException {
        KeyRing ring = KeyRing.of(folder, null);
        Path made = folder.resolve("encryption.key");
        assertThat(made).doesNotExist();
        MasterKey key = ring.toSeal();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-------");
        assertThat(ring.toSeal()).isSameAs(key);
        MasterKey.Wrapped wrapped = key.newSegmentKey();
        KeyRing.of(folder, null).toOpen(made).unwrap(wrapped.block(), made);
    }

    private void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> new LogRig(new FaultyFiles(), settings.withKeyFile(file), 2))
                .isInstanceOf(LogKeyException.class)
                .hasMessageContaining(why);
    }

    private void assertTampered(FaultyFiles files) {
        LogRig next = new LogRig(files, settings, 3);
        ShardLog log = next.open();
        assertThatThrownBy(() -> next.records(log, 0))
                .isInstanceOf(CorruptLogException.class)
                .hasMessageContaining("an encrypted batch is not what was written here");
    }

    /** A log with "first" in the clear and a secret in its second segment, left by a crash. */
    private FaultyFiles encrypted() {
        LogRig rig = new LogRig(new FaultyFiles(), settings, 1);
        ShardLog log = rig.open();
        rig.append(log, 0, "first");
        rig.await(log.encrypt(true));
        rig.append(log, 0, SECRET);
        return rig.files.copied();
    }

    private static Path secondSegment() {
        return LogRig.FIRST_SEGMENT.resolveSibling("000000000002.log");
    }

    /** Where the last frame of a file begins that holds {@link #SECRET} alone. */
    private static int lastFrame(byte[] file) {
        return file.length - Frame.HEADER_BYTES - BatchTable.ROW_BYTES - SegmentKey.TAG_BYTES - SECRET.length();
    }

    /** Makes a changed frame's checksums fit, as anybody can who reads the code. */
    private static void refit(byte[] file, int frame) {
        ByteBuffer buffer = ByteBuffer.wrap(file);
        int row = frame + Frame.HEADER_BYTES;
        int table = buffer.getInt(frame + 32) * BatchTable.ROW_BYTES;
        int at = row + table;
        for (int i = row; i < row + table; i += BatchTable.ROW_BYTES) {
            buffer.putInt(i + 12, Frame.crc(buffer.slice(at, buffer.getInt(i + 8))));
            at += buffer.getInt(i + 8);
        }
        buffer.putInt(frame + 8, Frame.crc(buffer.slice(row, table)));
        CRC32C crc = new CRC32C();
        crc.update(file, 8, 8);
        crc.update(file, frame, 44);
        buffer.putInt(frame + 44, (int) crc.getValue());
    }

    private Path keyFile(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.write(file, content);
    }

    private static byte[] bytes(int seed) {
        byte[] bytes = new byte[32];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }
}
