package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One bit of a data folder turns round while no server runs. Nothing is served that was not put, and where something
 * acknowledged is not there, the server does not start, or refuses to read it, or keeps what it cut off.
 */
final class FlippedBitsTest {
    private static final int SHARDS = 3;
    private static final LogSettings SETTINGS =
            LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withCacheBytes(0);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noFlippedBitTakesAnythingAwayWithoutAWord(boolean isCrashed) {
        check(isCrashed, 400);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("slow")
    void noneOfTenThousandDoes(boolean isCrashed) {
        check(isCrashed, 10_000);
    }

    private static void check(boolean isCrashed, int flips) {
        long seed = Long.getLong("seed", 1);
        SplittableRandom random = new SplittableRandom(seed);
        Put put = new Put(isCrashed);
        Map<Outcome, Integer> outcomes = new TreeMap<>();
        for (int i = 0; i < flips; i++) {
            FaultyFiles files = put.rig.files.copied();
            Path victim = pick(files, random);
            byte[] bytes = files.bytes(victim);
            // Every second one near the end, where a crash leaves its marks.
            int near = random.nextBoolean() ? Math.min(bytes.length, 600) : bytes.length;
            int at = bytes.length - 1 - random.nextInt(near);
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            files.replace(victim, bytes);
            Outcome outcome = put.outcome(files);
            outcomes.merge(outcome, 1, Integer::sum);
            assertThat(outcome)
                    .as("seed %s, flip %s: %s at byte %s of %s", seed, i, victim, at, bytes.length)
                    .isNotIn(Outcome.WRONG_BYTES, Outcome.LOST_WITHOUT_A_WORD);
        }
        assertThat(outcomes.get(Outcome.TOLD)).as("%s", outcomes).isPositive();
        assertThat(outcomes.containsKey(Outcome.KEPT_ASIDE)).as("%s", outcomes).isEqualTo(isCrashed);
    }

    private static Path pick(FaultyFiles files, SplittableRandom random) {
        List<Path> some = files.files().stream()
                .filter(path -> files.bytes(path).length > 0)
                .toList();
        return some.get(random.nextInt(some.size()));
    }

    private enum Outcome {
        /** All is there. */
        HARMLESS,
        /** The server does not start, or does not read it, and says why. */
        TOLD,
        /** The batch that has the flipped bit is not served, and kept. */
        KEPT_ASIDE,
        WRONG_BYTES,
        LOST_WITHOUT_A_WORD
    }

    /** The records that were put and acknowledged. */
    private static final class Put {
        private final LogRig rig = new LogRig(new FaultyFiles(), SETTINGS, 1);
        private final List<List<String>> records = new ArrayList<>();
        private final Map<String, Bytes> catalog = new TreeMap<>();

        Put(boolean isCrashed) {
            ShardLog log = rig.open();
            for (int shard = 0; shard < SHARDS; shard++) {
                records.add(new ArrayList<>());
            }
            for (int i = 0; i < 4; i++) {
                catalog.put("key" + i, Bytes.utf8("value " + i));
                rig.await(rig.engine.meta().commit(MetaChange.put("key" + i, 0, Bytes.utf8("value " + i))));
            }
            for (int i = 0; i < 8; i++) {
                String record = i + "x".repeat(10_000);
                rig.append(log, i % SHARDS, record);
                records.get(i % SHARDS).add(record);
            }
            // The last group has several frames, and one frame several batches.
            List<CompletableFuture<AppendedBatches>> last = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                NewBatches[] batches = new NewBatches[SHARDS];
                for (int shard = 0; shard < SHARDS; shard++) {
                    String record = "last " + i + " of " + shard + "\0".repeat(40);
                    batches[shard] = NewBatches.of(shard, 1, LogBatches.payload(record));
                    records.get(shard).add(record);
                }
                last.add(log.append(LogBatches.together(batches)));
            }
            last.forEach(rig::await);
            if (!isCrashed) {
                rig.close();
            }
        }

        Outcome outcome(FaultyFiles files) {
            byte[][] before = files.files().stream().map(files::bytes).toArray(byte[][]::new);
            List<List<String>> found = new ArrayList<>();
            Map<String, Bytes> foundCatalog = new TreeMap<>();
            try {
                LogRig after = new LogRig(files, SETTINGS, 2);
                after.engine.meta().entries().forEach((key, entry) -> foundCatalog.put(key, entry.value()));
                ShardLog log = after.await(after.engine.openExisting(LogRig.NAME));
                for (int shard = 0; shard < SHARDS; shard++) {
                    found.add(after.records(log, shard));
                }
            } catch (LogException told) {
                return Outcome.TOLD;
            }
            if (found.equals(records) && foundCatalog.equals(catalog)) {
                return Outcome.HARMLESS;
            }
            boolean isRight = catalog.entrySet().containsAll(foundCatalog.entrySet());
            for (int shard = 0; shard < SHARDS; shard++) {
                List<String> there = found.get(shard);
                isRight &= records.get(shard)
                        .subList(0, Math.min(there.size(), records.get(shard).size()))
                        .equals(there);
            }
            if (!isRight) {
                return Outcome.WRONG_BYTES;
            }
            return files.files().stream()
                            .filter(path -> path.startsWith(LogRig.DATA.resolve("set-aside")))
                            .anyMatch(path -> isEndOfOne(files.bytes(path), before))
                    ? Outcome.KEPT_ASIDE
                    : Outcome.LOST_WITHOUT_A_WORD;
        }

        private static boolean isEndOfOne(byte[] kept, byte[][] files) {
            return Arrays.stream(files)
                    .anyMatch(file -> file.length > kept.length
                            && Arrays.equals(kept, 0, kept.length, file, file.length - kept.length, file.length));
        }
    }
}
