package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.LogFailedException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MetaStoreTest {
    private static final Path CATALOG = LogRig.DATA.resolve("catalog.log");

    @Test
    void aChangeHappensWhenItsConditionsHold() {
        LogRig rig = new LogRig(new FaultyFiles());
        MetaStore meta = rig.engine.meta();
        long first = rig.await(meta.commit(MetaChange.put("a", 0, Bytes.utf8("1"))));
        assertThat(first).isPositive();
        assertThat(rig.await(meta.commit(MetaChange.put("a", 0, Bytes.utf8("2")))))
                .isZero();
        assertThat(rig.await(meta.commit(MetaChange.remove("b", 7)))).isZero();
        long second = rig.await(meta.commit(MetaChange.put("a", first, Bytes.utf8("2"))));
        assertThat(second).isGreaterThan(first);
        assertThat(meta.entries()).containsExactly(Map.entry("a", new MetaStore.Entry(second, Bytes.utf8("2"))));
    }

    @Test
    void allPartsChangeOrNone() {
        LogRig rig = new LogRig(new FaultyFiles());
        MetaStore meta = rig.engine.meta();
        MetaChange both = new MetaChange(
                List.of(new MetaChange.Part("a", 0, Bytes.utf8("1")), new MetaChange.Part("b", 0, Bytes.utf8("1"))));
        assertThat(rig.await(meta.commit(both))).isPositive();
        MetaChange half = new MetaChange(
                List.of(new MetaChange.Part("c", 0, Bytes.utf8("1")), new MetaChange.Part("b", 0, Bytes.utf8("2"))));
        assertThat(rig.await(meta.commit(half))).isZero();
        assertThat(meta.entries()).containsOnlyKeys("a", "b");
    }

    @Test
    void aCatalogCutAnywhereKeepsEveryWholeChange() {
        LogRig rig = new LogRig(new FaultyFiles());
        int start = rig.files.bytes(CATALOG).length;
        int[] ends = new int[5];
        for (int i = 0; i < 5; i++) {
            rig.await(rig.engine.meta().commit(MetaChange.put("key" + i, 0, Bytes.utf8("value"))));
            ends[i] = rig.files.bytes(CATALOG).length;
        }
        byte[] whole = rig.files.bytes(CATALOG);
        for (int cut = start; cut <= whole.length; cut++) {
            FaultyFiles files = rig.files.copied();
            files.replace(CATALOG, Arrays.copyOf(whole, cut));
            int end = cut;
            long changes = Arrays.stream(ends).filter(at -> at <= end).count();
            LogRig after = new LogRig(files);
            assertThat(after.engine.meta().entries()).hasSize((int) changes);
            assertThat(after.await(after.engine.meta().commit(MetaChange.put("new", 0, Bytes.empty()))))
                    .isEqualTo(changes + 1);
        }
    }

    @Test
    void aFlippedBitInTheCatalogIsDamage() {
        LogRig rig = new LogRig(new FaultyFiles());
        rig.await(rig.engine.meta().commit(MetaChange.put("a", 0, Bytes.utf8("value"))));
        int last = rig.files.bytes(CATALOG).length;
        rig.await(rig.engine.meta().commit(MetaChange.put("b", 0, Bytes.utf8("value"))));
        for (int at = FrameFile.START; at < last; at++) {
            FaultyFiles files = rig.files.copied();
            byte[] bytes = files.bytes(CATALOG);
            bytes[at] ^= 4;
            files.replace(CATALOG, bytes);
            assertThatThrownBy(() -> new LogRig(files))
                    .as("flipped at %s", at)
                    .isInstanceOf(CorruptLogException.class)
                    .hasMessageContaining("catalog.log is damaged");
        }
    }

    @Test
    void aGrownCatalogIsWrittenAnew() {
        LogRig rig = new LogRig(new FaultyFiles());
        MetaStore meta = rig.engine.meta();
        long version = 0;
        for (int i = 0; i < 300; i++) {
            version = rig.await(meta.commit(MetaChange.put("a", version, Bytes.wrap(new byte[10_000]))));
            assertThat(version).isEqualTo(i + 1L);
        }
        assertThat(rig.files.bytes(CATALOG).length).isLessThan(2 << 20);
        Map<String, MetaStore.Entry> before = meta.entries();
        rig.close();
        assertThat(new LogRig(rig.files).engine.meta().entries()).isEqualTo(before);
    }

    @Test
    void afterAFailedWriteNoChangeIsTaken() {
        LogRig rig = new LogRig(new FaultyFiles());
        MetaStore meta = rig.engine.meta();
        rig.files.failForceAfter(0);
        assertThatThrownBy(() -> rig.await(meta.commit(MetaChange.put("a", 0, Bytes.empty()))))
                .isInstanceOf(LogFailedException.class);
        assertThatThrownBy(() -> rig.await(meta.commit(MetaChange.put("b", 0, Bytes.empty()))))
                .isInstanceOf(LogFailedException.class);
        assertThat(meta.entries()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void noCrashTakesBackAChange(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        FaultyFiles files = new FaultyFiles();
        Map<String, Bytes> model = new TreeMap<>();
        for (int round = 0; round < 10; round++) {
            LogRig rig = new LogRig(files, LogSettings.DEFAULTS, random.nextLong());
            MetaStore meta = rig.engine.meta();
            Map<String, Bytes> found = values(meta);
            model.forEach((key, value) -> assertThat(found).as("seed %s", seed).containsEntry(key, value));
            model = new TreeMap<>(found);
            for (int i = random.nextInt(60); i > 0; i--) {
                String key = "key" + random.nextInt(10);
                MetaStore.Entry now = meta.entries().get(key);
                Bytes value = Bytes.wrap(new byte[random.nextInt(40_000)]);
                rig.await(meta.commit(MetaChange.put(key, now == null ? 0 : now.version(), value)));
                model.put(key, value);
            }
            assertThat(values(meta)).as("seed %s", seed).isEqualTo(model);
            CompletableFuture<Long> unfinished = meta.commit(MetaChange.put("late" + round, 0, Bytes.utf8("x")));
            assertThat(unfinished).isNotDone();
            files = files.crashed(random);
        }
    }

    @Test
    void randomBytesDecodeOrAreRefused() {
        SplittableRandom random = new SplittableRandom(11);
        byte[] whole = new byte[64];
        ByteBuffer encoded = MetaCodec.encode(MetaChange.put("some key", 3, Bytes.utf8("some value")));
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = Arrays.copyOf(whole, random.nextInt(64));
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                bytes = Bytes.copyOf(encoded).toByteArray();
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            byte[] input = bytes;
            decodesOrRefuses(() -> MetaCodec.decode(ByteBuffer.wrap(input)));
            decodesOrRefuses(() -> MetaCodec.decodeWhole(ByteBuffer.wrap(input)));
            assertThat(SegmentIndex.decode(ByteBuffer.wrap(input), 1)).isNull();
        }
    }

    private static void decodesOrRefuses(Runnable decoder) {
        try {
            decoder.run();
        } catch (IllegalArgumentException refused) {
            assertThat(refused.getMessage()).isNotBlank();
        }
    }

    private static Map<String, Bytes> values(MetaStore meta) {
        Map<String, Bytes> values = new TreeMap<>();
        meta.entries().forEach((key, entry) -> values.put(key, entry.value()));
        return values;
    }
}
