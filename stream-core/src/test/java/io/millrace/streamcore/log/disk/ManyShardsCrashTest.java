package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.AppendedBatches;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.NewBatches;
import io.millrace.streamcore.log.ShardBounds;
import io.millrace.streamcore.log.ShardLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Appends to many shards at once, several of them under way, while shards end, records go, the disk fails and power goes. */
final class ManyShardsCrashTest {
    private static final int SHARDS = 8;
    /** Nothing, some of the newest frames, all. */
    private static final List<Long> CACHES = List.of(0L, 3_000L, 20_000L, 1L << 20);

    @TempDir
    private Path folder;

    private LogSettings settings;

    @BeforeEach
    void writeKey() throws IOException {
        Path key = folder.resolve("key");
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, "fedcba9876543210".repeat(4));
        settings = LogSettings.DEFAULTS.withSegmentBytes(LogRig.SMALL_SEGMENT).withKeyFile(key);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void whatWasAcknowledgedIsWhereItsProducerWasToldItIs(long fixedSeed) {
        run(fixedSeed);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whatWasAcknowledgedIsWhereItsProducerWasToldItIsInMoreLives(long fixedSeed) {
        run(fixedSeed);
    }

    private void run(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        Model model = new Model();
        FaultyFiles files = new FaultyFiles();
        for (int life = 0; life < 10; life++) {
            String where = "seed " + seed + ", life " + life;
            long cache = CACHES.get(random.nextInt(CACHES.size()));
            LogRig rig = new LogRig(files, settings.withCacheBytes(cache), random.nextLong());
            ShardLog log = rig.open();
            rig.await(log.encrypt(random.nextBoolean()));
            model.recovered(rig, log, where);
            if (random.nextBoolean()) {
                files.failStepsAfter(random.nextInt(60), random.nextInt(1, 6));
            } else if (random.nextBoolean()) {
                files.powerOffAfter(random.nextInt(1, 80));
            }
            work(rig, log, model, random, where);
            if (random.nextInt(3) == 0) {
                files.failStepsAfter(Integer.MAX_VALUE, 0);
                rig.simulation.run(Duration.ofMinutes(30));
                tryTo(rig::close);
            }
            files = files.crashed(random);
        }
    }

    private static void tryTo(Runnable step) {
        try {
            step.run();
        } catch (LogException diskFails) {
            // As it may at any step.
        }
    }

    private static void work(LogRig rig, ShardLog log, Model model, SplittableRandom random, String where) {
        for (int step = 0; step < 30; step++) {
            List<Asked> group = new ArrayList<>();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                group.add(ask(log, random, where + " step " + step + " ask " + i));
                if (random.nextInt(25) == 0) {
                    int shard = random.nextInt(SHARDS);
                    model.maybeSealed(shard, log.seal(shard));
                }
                if (random.nextInt(30) == 0) {
                    var unused = log.encrypt(random.nextBoolean());
                }
            }
            rig.simulation.run(Duration.ofMillis(random.nextInt(1, 30)));
            for (Asked asked : group) {
                model.told(asked, where + " step " + step);
            }
            model.settleSeals();
            if (random.nextInt(10) == 0) {
                long horizon = rig.simulation.clock().millis() - random.nextInt(400);
                tryTo(() -> rig.await(log.truncateBefore(horizon)));
            }
            if (random.nextInt(6) == 0) {
                rig.simulation.run(Duration.ofMinutes(5));
            }
            model.check(rig, log, where + " step " + step);
        }
    }

    private static Asked ask(ShardLog log, SplittableRandom random, String name) {
        int batches = random.nextInt(1, 12);
        NewBatches[] singles = new NewBatches[batches];
        List<List<String>> texts = new ArrayList<>();
        for (int i = 0; i < batches; i++) {
            List<String> records = new ArrayList<>();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                records.add(
                        name + "/" + i + "/" + n + "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 9000 : 200)));
            }
            texts.add(records);
            singles[i] = NewBatches.of(
                    random.nextInt(SHARDS), records.size(), LogBatches.payload(records.toArray(new String[0])));
        }
        NewBatches all = LogBatches.together(singles);
        return new Asked(all, texts, log.append(all));
    }

    private record Asked(NewBatches batches, List<List<String>> texts, CompletableFuture<AppendedBatches> done) {}

    /** What is known of every shard. */
    private static final class Model {
        private final List<List<String>> shards = new ArrayList<>();
        private final boolean[] isSealed = new boolean[SHARDS];
        private final List<CompletableFuture<?>> seals = new ArrayList<>();
        private final List<Integer> sealsOf = new ArrayList<>();

        Model() {
            for (int i = 0; i < SHARDS; i++) {
                shards.add(new ArrayList<>());
            }
        }

        void maybeSealed(int shard, CompletableFuture<?> done) {
            seals.add(done);
            sealsOf.add(shard);
        }

        void settleSeals() {
            for (int i = 0; i < seals.size(); i++) {
                if (seals.get(i).isDone() && !seals.get(i).isCompletedExceptionally()) {
                    isSealed[sealsOf.get(i)] = true;
                }
            }
            seals.clear();
            sealsOf.clear();
        }

        void told(Asked asked, String where) {
            assertThat(asked.done).as(where).isDone();
            if (asked.done.isCompletedExceptionally()) {
                return;
            }
            AppendedBatches appended = asked.done.join();
            for (int i = 0; i < asked.texts.size(); i++) {
                List<String> known = shards.get(asked.batches.shard(i));
                if (!appended.isSealed(i)) {
                    assertThat(appended.firstIndex(i)).as(where).isEqualTo(known.size());
                    known.addAll(asked.texts.get(i));
                }
            }
        }

        void check(LogRig rig, ShardLog log, String where) {
            for (int shard = 0; shard < SHARDS; shard++) {
                ShardBounds bounds = log.bounds(shard);
                List<String> known = shards.get(shard);
                assertThat(bounds.end()).as(where).isEqualTo(known.size());
                assertThat(bounds.sealed()).as(where + " sealed " + shard).isEqualTo(isSealed[shard]);
                assertThat(rig.records(log, shard))
                        .as(where + " shard " + shard)
                        .isEqualTo(known.subList((int) bounds.first(), known.size()));
            }
        }

        /** After a crash what was not acknowledged may be there all the same. */
        void recovered(LogRig rig, ShardLog log, String where) {
            for (int shard = 0; shard < SHARDS; shard++) {
                ShardBounds bounds = log.bounds(shard);
                List<String> known = shards.get(shard);
                assertThat(bounds.end()).as(where).isGreaterThanOrEqualTo(known.size());
                List<String> found = rig.records(log, shard);
                int first = (int) bounds.first();
                if (first < known.size()) {
                    assertThat(found.subList(0, known.size() - first))
                            .as(where + " shard " + shard)
                            .isEqualTo(known.subList(first, known.size()));
                }
                while (known.size() < first) {
                    known.add("gone");
                }
                known.subList(first, known.size()).clear();
                known.addAll(found);
                if (isSealed[shard]) {
                    assertThat(bounds.sealed()).as(where).isTrue();
                }
                isSealed[shard] = bounds.sealed();
            }
        }
    }
}
