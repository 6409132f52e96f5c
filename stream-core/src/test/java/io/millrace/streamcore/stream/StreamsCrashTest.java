package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.disk.MemoryDisk;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The power goes after any event while records are put and shards split and merge; the next server takes it up. */
final class StreamsCrashTest {
    private static final StreamName NAME = new StreamName("s");
    private static final int KEYS = 6;

    private final Map<String, Integer> acknowledged = new HashMap<>();
    private boolean down;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void whatWasAcknowledgedIsThereAndWhatWasBegunIsFinished(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        MemoryDisk disk = MemoryDisk.empty();
        boolean created = false;
        for (int life = 0; life < 12; life++) {
            Duration transition = random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(20);
            StreamsRig rig = new StreamsRig(disk, random.nextLong(), transition);
            rig.run(Duration.ofSeconds(1));
            if (created) {
                check(rig, seed);
            } else {
                rig.await(rig.streams.create(NAME, 2));
                rig.run(Duration.ofSeconds(1));
                created = true;
            }
            disk = crashSomewhere(rig, random);
        }
    }

    /** Lets the server work and takes its disk away after some event. */
    private MemoryDisk crashSomewhere(StreamsRig rig, SplittableRandom random) {
        MemoryDisk[] left = new MemoryDisk[1];
        int[] events = {random.nextInt(1, 400)};
        down = false;
        rig.simulation.afterEveryEvent(() -> {
            if (--events[0] == 0) {
                left[0] = rig.disk.crashed(random);
                down = true;
            }
        });
        for (int key = 0; key < KEYS; key++) {
            putOn(rig, "key-" + key, acknowledged.getOrDefault("key-" + key, 0));
        }
        while (!down) {
            reshard(rig, random);
            rig.run(Duration.ofMillis(random.nextInt(30)));
        }
        return left[0];
    }

    /** Puts one record of a key after the other, each when the one before is acknowledged, until the power goes. */
    private void putOn(StreamsRig rig, String key, int number) {
        NewRecord record = new NewRecord(key, null, Bytes.utf8(number + "x".repeat(number * 37 % 300)));
        var unused = rig.streams.put(NAME, List.of(record)).whenComplete((answers, error) -> {
            if (!down && error == null) {
                acknowledged.put(key, number + 1);
                rig.simulation.at(Duration.ofMillis(1), () -> {
                    if (!down) {
                        putOn(rig, key, number + 1);
                    }
                });
            }
        });
    }

    private static void reshard(StreamsRig rig, SplittableRandom random) {
        if (rig.streams.get(NAME).status() != StreamState.Status.ACTIVE) {
            return;
        }
        List<Shard> open = inOrder(rig.openShards(NAME));
        if (open.size() == 1 || (open.size() < 6 && random.nextBoolean())) {
            Shard shard = open.get(random.nextInt(open.size()));
            var unused =
                    rig.streams.split(NAME, shard.id(), shard.hashKeyRange().middle());
        } else {
            int at = random.nextInt(open.size() - 1);
            var unused =
                    rig.streams.merge(NAME, open.get(at).id(), open.get(at + 1).id());
        }
    }

    private void check(StreamsRig rig, long seed) {
        assertThat(rig.streams.get(NAME).status()).as("seed %s", seed).isEqualTo(StreamState.Status.ACTIVE);
        List<Shard> open = inOrder(rig.openShards(NAME));
        assertThat(open.get(0).hashKeyRange().start()).as("seed %s", seed).isEqualTo(HashKey.MIN);
        for (int i = 1; i < open.size(); i++) {
            HashKeyRange below = open.get(i - 1).hashKeyRange();
            assertThat(below.isJustBelow(open.get(i).hashKeyRange()))
                    .as("seed %s", seed)
                    .isTrue();
        }
        Map<String, Integer> found = new HashMap<>();
        Map<String, SequenceNumber> last = new HashMap<>();
        for (Shard shard : rig.streams.get(NAME).shards()) {
            for (StreamRecord record : rig.readAll(NAME, shard.id())) {
                String key = record.partitionKey();
                int number = found.merge(key, 1, Integer::sum) - 1;
                assertThat(record.data().toUtf8()).as("seed %s, %s", seed, key).matches(number + "x*");
                SequenceNumber before = last.put(key, record.sequenceNumber());
                assertThat(before == null || before.compareTo(record.sequenceNumber()) < 0)
                        .as("seed %s, %s", seed, key)
                        .isTrue();
            }
        }
        for (int i = 0; i < KEYS; i++) {
            // The one that was under way when the power went may be there or not.
            int count = found.getOrDefault("key-" + i, 0);
            assertThat(count - acknowledged.getOrDefault("key-" + i, 0))
                    .as("seed %s, key-%s", seed, i)
                    .isBetween(0, 1);
            acknowledged.put("key-" + i, count);
        }
    }

    private static List<Shard> inOrder(List<Shard> shards) {
        return shards.stream()
                .sorted(Comparator.comparing(shard -> shard.hashKeyRange().start()))
                .toList();
    }
}
