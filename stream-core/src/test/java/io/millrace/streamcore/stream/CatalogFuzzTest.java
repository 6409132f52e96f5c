package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.StreamName;
import io.millrace.sim.Simulation;
import io.millrace.streamcore.log.LogEngine;
import io.millrace.streamcore.log.LogException;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import io.millrace.streamcore.log.disk.MemoryDisk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the keys of a catalog are and hold, opening it gives streams or one of the server's own exceptions. */
final class CatalogFuzzTest {
    private static final StreamName NAME = new StreamName("s");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anyEntriesAreOpenedOrRefused(long fixedSeed) {
        long seed = Long.getLong("seed", fixedSeed);
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < 100; round++) {
            MemoryDisk disk = disk();
            String changed = change(disk, random);
            try {
                StreamsRig rig = new StreamsRig(disk, 3, Duration.ofMillis(20));
                rig.run(Duration.ofSeconds(5));
                rig.streams
                        .names()
                        .forEach(name -> assertThat(rig.streams.get(name)).isNotNull());
            } catch (LogException | StreamException e) {
                assertThat(e.getMessage()).as("seed %s", seed).isNotBlank();
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + round + ", " + changed, e);
            }
        }
        assertThat(refused).as("seed %s", seed).isPositive();
    }

    private static MemoryDisk disk() {
        StreamsRig rig = new StreamsRig(MemoryDisk.empty(), 1, Duration.ZERO);
        rig.await(rig.streams.create(NAME, 2));
        rig.await(rig.streams.create(new StreamName("t"), 1));
        rig.await(rig.streams.consumers().register(NAME, "reader", Map.of("team", "a")));
        rig.await(rig.streams.commit(true));
        rig.await(rig.streams.closeAsync());
        return rig.disk;
    }

    /** Changes some of what a catalog holds, as its own writer could have. */
    private static String change(MemoryDisk disk, SplittableRandom random) {
        Simulation simulation = new Simulation(2);
        LogEngine engine = disk.engine(LogSettings.DEFAULTS, simulation);
        Map<String, MetaStore.Entry> entries = engine.meta().entries();
        List<String> keys = new ArrayList<>(entries.keySet());
        String key = keys.get(random.nextInt(keys.size()));
        byte[] bytes = requireNonNull(entries.get(key)).value().toByteArray();
        for (int flips = random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        if (random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(2 * bytes.length + 1));
        }
        String other = random.nextInt(4) == 0 ? key.substring(0, random.nextInt(1, key.length())) : key;
        MetaStore.Entry there = entries.get(other);
        long version = there == null ? 0 : there.version();
        CompletableFuture<?> done = engine.meta()
                .commit(MetaChange.put(other, version, Bytes.copyOf(bytes)))
                .thenCompose(made -> engine.close());
        simulation.runUntil(done::isDone, Duration.ofMinutes(1));
        done.join();
        return other;
    }
}
