package io.millrace.streamcore.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link ShardLog} does, whatever it is kept in. */
public abstract class ShardLogConformance {
    /** The log under test, empty at first; whoever opens it again gets the same. */
    protected abstract ShardLog log();

    /** Closes the storage and opens it again. */
    protected abstract void restart();

    /** Waits for an outcome. */
    protected abstract <T> T await(CompletableFuture<T> future);

    @Test
    void aFreshShardIsEmpty() {
        assertThat(log().bounds(3)).isEqualTo(new ShardBounds(0, 0, 0, false));
        assertThat(await(log().read(3, 0, 10, 1000))).isEmpty();
        assertThat(await(log().findTime(3, 0))).isZero();
    }

    @Test
    void shardsAreNumberedFromZeroWithoutGaps() {
        assertThat(append(0, "a", "b").firstIndex()).isZero();
        assertThat(append(1, "x").firstIndex()).isZero();
        assertThat(append(0, "c").firstIndex()).isEqualTo(2);
        assertThat(log().bounds(0).end()).isEqualTo(3);
        assertThat(log().bounds(1).end()).isEqualTo(1);
    }

    @Test
    void aReadGivesTheBatchThatHoldsTheIndex() {
        append(0, "a", "b", "c");
        append(0, "d");
        List<LogBatch> found = await(log().read(0, 1, 100, 1000));
        assertThat(found).extracting(LogBatch::firstIndex).containsExactly(0L, 3L);
        assertThat(LogBatches.texts(found.get(0))).containsExactly("a", "b", "c");
        assertThat(await(log().read(0, 3, 100, 1000)))
                .extracting(LogBatch::firstIndex)
                .containsExactly(3L);
        assertThat(await(log().read(0, 4, 100, 1000))).isEmpty();
        assertThat(await(log().read(0, Long.MAX_VALUE, 100, 1000))).isEmpty();
    }

    @Test
    void aReadStopsAtItsLimits() {
        for (int i = 0; i < 10; i++) {
            append(0, "record");
        }
        assertThat(await(log().read(0, 0, 3, 1000))).hasSize(3);
        assertThat(await(log().read(0, 0, 100, 7))).hasSize(2);
        assertThat(await(log().read(0, 0, 1, 0))).hasSize(1);
    }

    @Test
    void timesNeverGoBackAndAreFound() {
        AppendOutcome.Appended first = append(0, "a");
        AppendOutcome.Appended second = append(0, "b");
        assertThat(second.timeMillis()).isGreaterThanOrEqualTo(first.timeMillis());
        assertThat(await(log().findTime(0, 0))).isZero();
        assertThat(await(log().findTime(0, first.timeMillis()))).isZero();
        assertThat(await(log().findTime(0, second.timeMillis() + 1))).isEqualTo(2);
    }

    @Test
    void aSealedShardTakesNothingMore() {
        append(0, "a");
        append(1, "x");
        assertThat(await(log().seal(0))).satisfies(bounds -> {
            assertThat(bounds.sealed()).isTrue();
            assertThat(bounds.end()).isEqualTo(1);
        });
        assertThat(await(log().append(0, 1, LogBatches.payload("b")))).isInstanceOf(AppendOutcome.Sealed.class);
        assertThat(append(1, "y").firstIndex()).isEqualTo(1);
        assertThat(await(log().seal(0)).end()).isEqualTo(1);
        restart();
        assertThat(log().bounds(0).sealed()).isTrue();
        assertThat(await(log().append(0, 1, LogBatches.payload("b")))).isInstanceOf(AppendOutcome.Sealed.class);
        assertThat(append(1, "z").firstIndex()).isEqualTo(2);
    }

    @Test
    void appendsBeforeASealAreInTheShard() {
        CompletableFuture<AppendOutcome> before = log().append(0, 1, LogBatches.payload("before"));
        CompletableFuture<ShardBounds> seal = log().seal(0);
        CompletableFuture<AppendOutcome> after = log().append(0, 1, LogBatches.payload("after"));
        assertThat(await(before)).isInstanceOf(AppendOutcome.Appended.class);
        assertThat(await(seal).end()).isEqualTo(1);
        assertThat(await(after)).isInstanceOf(AppendOutcome.Sealed.class);
    }

    @Test
    void batchesOfSeveralShardsAreAppendedTogether() {
        append(1, "x");
        await(log().seal(2));
        AppendedBatches appended = await(log().append(LogBatches.together(
                NewBatches.of(0, 2, LogBatches.payload("a", "b")),
                NewBatches.of(2, 1, LogBatches.payload("too late")),
                NewBatches.of(1, 1, LogBatches.payload("y")),
                NewBatches.of(0, 1, LogBatches.payload("c")))));
        assertThat(appended.isSealed(1)).isTrue();
        assertThat(List.of(appended.firstIndex(0), appended.firstIndex(2), appended.firstIndex(3)))
                .containsExactly(0L, 1L, 2L);
        assertThat(texts(0)).containsExactly("a", "b", "c");
        assertThat(texts(1)).containsExactly("x", "y");
        restart();
        assertThat(texts(0)).containsExactly("a", "b", "c");
        assertThat(texts(1)).containsExactly("x", "y");
        assertThat(log().bounds(2).end()).isZero();
    }

    @Test
    void anAppendToSealedShardsAloneWritesNothing() {
        append(0, "a");
        await(log().seal(0));
        await(log().seal(1));
        AppendedBatches appended = await(log().append(LogBatches.together(
                NewBatches.of(0, 1, LogBatches.payload("b")), NewBatches.of(1, 1, LogBatches.payload("y")))));
        assertThat(appended.isSealed(0)).isTrue();
        assertThat(appended.isSealed(1)).isTrue();
        assertThat(texts(0)).containsExactly("a");
        assertThat(append(2, "c").firstIndex()).isZero();
    }

    @Test
    void aShardHasAnyNumber() {
        for (int shard : List.of(0, 5000, 65_535, 65_536, Integer.MAX_VALUE)) {
            append(shard, "first of " + shard);
            append(shard, "second of " + shard);
        }
        restart();
        for (int shard : List.of(0, 5000, 65_535, 65_536, Integer.MAX_VALUE)) {
            assertThat(texts(shard)).containsExactly("first of " + shard, "second of " + shard);
        }
    }

    @Test
    void followersHearOfWhatIsReadable() {
        AtomicInteger calls = new AtomicInteger();
        List<Long> seen = new ArrayList<>();
        Runnable stop = log().follow(0, () -> {
            calls.incrementAndGet();
            seen.add(log().bounds(0).end());
        });
        append(0, "a", "b");
        append(1, "other shard");
        append(0, "c");
        await(log().seal(0));
        // Followers are told after the one who waits; when the next group is done they know of this one.
        append(1, "next group");
        assertThat(seen).containsExactly(2L, 3L, 3L);
        stop.run();
        append(1, "more");
        assertThat(calls).hasValue(3);
    }

    @Test
    void impossibleBatchesAreRefused() {
        assertThatThrownBy(() -> log().append(0, 0, LogBatches.payload("a")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> log().append(-1, 1, LogBatches.payload("a")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void truncationLetsGoOfOldRecordsAndKeepsNumbering() {
        append(0, "old");
        long later = append(0, "older").timeMillis() + 1;
        await(log().truncateBefore(later));
        assertThat(log().bounds(0).end()).isEqualTo(2);
        assertThat(append(0, "new").firstIndex()).isEqualTo(2);
        restart();
        assertThat(append(0, "newer").firstIndex()).isEqualTo(3);
        assertThat(await(log().read(0, 2, 10, 1000))).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomAppendsToManyShardsMatchPlainLists(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        List<List<String>> model = new ArrayList<>();
        for (int shard = 0; shard < 40; shard++) {
            model.add(new ArrayList<>());
        }
        for (int step = 0; step < 60; step++) {
            int batches = random.nextInt(1, 30);
            NewBatches[] batch = new NewBatches[batches];
            for (int i = 0; i < batches; i++) {
                int shard = random.nextInt(model.size());
                String record = "s" + step + "-" + i + "x".repeat(random.nextInt(300));
                batch[i] = NewBatches.of(shard, 1, LogBatches.payload(record));
                model.get(shard).add(record);
            }
            await(log().append(LogBatches.together(batch)));
            int shard = random.nextInt(model.size());
            assertThat(texts(shard)).as("seed %s, step %s", seed, step).isEqualTo(model.get(shard));
        }
        restart();
        for (int shard = 0; shard < model.size(); shard++) {
            assertThat(texts(shard)).as("seed %s, shard %s", seed, shard).isEqualTo(model.get(shard));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomOperationsMatchAPlainList(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        List<List<String>> model = new ArrayList<>();
        for (int shard = 0; shard < 4; shard++) {
            model.add(new ArrayList<>());
        }
        for (int step = 0; step < 400; step++) {
            int shard = random.nextInt(4);
            List<String> expected = model.get(shard);
            int choice = random.nextInt(20);
            if (choice == 0) {
                restart();
            } else if (choice < 12) {
                String[] records = new String[random.nextInt(1, 6)];
                for (int i = 0; i < records.length; i++) {
                    records[i] = "s" + step + "-" + i + "x".repeat(random.nextInt(2000));
                }
                assertThat(append(shard, records).firstIndex())
                        .as("seed %s", seed)
                        .isEqualTo(expected.size());
                expected.addAll(List.of(records));
            } else {
                int from = random.nextInt(expected.size() + 1);
                List<LogBatch> found = await(log().read(shard, from, random.nextInt(1, 20), random.nextInt(20_000)));
                List<String> texts = new ArrayList<>();
                found.forEach(batch -> texts.addAll(LogBatches.texts(batch)));
                if (from == expected.size()) {
                    assertThat(texts).as("seed %s", seed).isEmpty();
                } else {
                    int first = (int) found.get(0).firstIndex();
                    assertThat(first).as("seed %s", seed).isLessThanOrEqualTo(from);
                    assertThat(first + texts.size()).as("seed %s", seed).isGreaterThan(from);
                    assertThat(texts).as("seed %s", seed).isEqualTo(expected.subList(first, first + texts.size()));
                }
            }
        }
    }

    @Test
    void largeBatchesComeBackWhole() {
        byte[] bytes = new byte[3 << 20];
        new SplittableRandom(7).nextBytes(bytes);
        AppendOutcome outcome = await(log().append(0, 1, ByteBuffer.wrap(bytes)));
        assertThat(outcome).isInstanceOf(AppendOutcome.Appended.class);
        restart();
        LogBatch found = await(log().read(0, 0, 1, 1)).get(0);
        assertThat(Bytes.copyOf(found.payload())).isEqualTo(Bytes.wrap(bytes));
    }

    private List<String> texts(int shard) {
        return await(log().read(shard, 0, 1000, 1 << 20)).stream()
                .flatMap(batch -> LogBatches.texts(batch).stream())
                .toList();
    }

    private AppendOutcome.Appended append(int shard, String... records) {
        AppendOutcome outcome = await(log().append(shard, records.length, LogBatches.payload(records)));
        if (outcome instanceof AppendOutcome.Appended appended) {
            return appended;
        }
        throw new AssertionError("the shard is closed");
    }
}
