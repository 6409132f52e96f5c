package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log of which every batch is a frame of its own, as it was written once, is read and goes on. It was left by a crash: full
 * segments with indexes of the former kind, one of them encrypted, and a newest one. Appends 0 to 119 put two records into
 * shard {@code i % 3} and one into shard 3; 60 to 79 were encrypted, and shard 2 was sealed at the end.
 */
final class FormerLogTest {
    @TempDir
    private Path folder;

    private LogSettings settings;
    private FaultyFiles files;

    @BeforeEach
    void unpack() throws IOException {
        Path key = folder.resolve("key");
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, "fedcba9876543210".repeat(4));
        settings = LogSettings.DEFAULTS
                .withSegmentBytes(LogRig.SMALL_SEGMENT)
                .withCacheBytes(0)
                .withKeyFile(key);
        files = new FaultyFiles();
        InputStream resource = FormerLogTest.class.getResourceAsStream("/log-v1.zip");
        try (ZipInputStream zip = new ZipInputStream(Objects.requireNonNull(resource, "log-v1.zip"))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                files.replace(Path.of(entry.getName()), zip.readAllBytes());
            }
        }
    }

    @Test
    void everyRecordIsThereAndTheLogGoesOn() {
        LogRig rig = new LogRig(files, settings, 1);
        ShardLog log = rig.open();
        assertRecords(rig, log);
        assertThat(log.bounds(2).sealed()).isTrue();
        for (int i = 0; i < 40; i++) {
            rig.append(log, 3, "new " + i, "x".repeat(2000));
        }
        rig.close();
        LogRig next = new LogRig(files, settings, 2);
        ShardLog reopened = next.open();
        assertRecords(next, reopened);
        List<String> records = next.records(reopened, 3);
        assertThat(records).hasSize(120 + 80);
        assertThat(records.get(120)).isEqualTo("new 0");
        assertThat(next.await(reopened.findTime(3, log.bounds(3).lastTimeMillis())))
                .isBetween(120L, 199L);
    }

    @Test
    void itsIndexesAreMadeAgain() {
        assertThat(indexes()).hasSize(4).containsOnlyNulls();
        LogRig rig = new LogRig(files, settings, 1);
        assertThat(rig.open().bounds(3).end()).isEqualTo(120);
        assertThat(indexes()).hasSize(4).doesNotContainNull();
    }

    /** The index of each full segment, null where it cannot be read. */
    private List<@Nullable SegmentIndex> indexes() {
        List<@Nullable SegmentIndex> indexes = new ArrayList<>();
        for (Path path : files.files()) {
            if (Segment.numberOf(String.valueOf(path.getFileName())) > 0) {
                Path index = Segment.indexPath(path);
                if (files.files().contains(index)) {
                    indexes.add(SegmentIndex.decode(ByteBuffer.wrap(files.bytes(index)), files.bytes(path).length));
                }
            }
        }
        return indexes;
    }

    private static void assertRecords(LogRig rig, ShardLog log) {
        List<List<String>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<String> also = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            expected.get(i % 3).add("record " + i);
            expected.get(i % 3).add("x".repeat(i >= 60 && i < 80 ? 20 : 2000));
            also.add("also " + i);
        }
        for (int shard = 0; shard < 3; shard++) {
            assertThat(rig.records(log, shard)).isEqualTo(expected.get(shard));
        }
        assertThat(rig.records(log, 3)).startsWith(also.toArray(String[]::new));
    }
}
