package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.disk.MemoryDisk;
import io.millrace.streamcore.stream.StreamException.Kind;
import io.millrace.streamcore.stream.StreamState.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The disk is full at every single step in turn, and has room again later: the server goes on without a restart. After a crash
 * every second one starts on a full disk, serves what is there and goes on once there is room.
 */
final class DiskFullTest {
    private static final StreamName NAME = new StreamName("s");

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 100", "4, 0", "12, 0", "40, 100"})
    void whatIsRefusedIsAServersErrorAndAllGoesOnOnceThereIsRoom(int failures, long transitionMillis) {
        Duration transition = Duration.ofMillis(transitionMillis);
        Work dry = new Work(transition);
        dry.run();
        assertThat(dry.refused).isZero();
        int steps = dry.rig.disk.steps();
        assertThat(steps).isGreaterThan(40);
        int refused = 0;
        for (int step = dry.begun; step < steps; step++) {
            String where = "failed at step " + step;
            Work work = new Work(transition);
            work.rig.disk.failStepsAfter(step - dry.begun, failures);
            work.run();
            refused += work.refused;
            work.rig.run(Duration.ofMinutes(30));
            work.rig.disk.failStepsAfter(Integer.MAX_VALUE, 0);
            work.checkAndGoOn(work.rig, where);
            MemoryDisk left = work.rig.disk.crashed(new SplittableRandom(step));
            boolean isFull = step % 2 == 0;
            left.failStepsAfter(0, isFull ? Integer.MAX_VALUE : 0);
            StreamsRig next = new StreamsRig(left, 2, transition);
            work.checkReads(next, where + ", then a crash");
            left.failStepsAfter(Integer.MAX_VALUE, 0);
            next.run(Duration.ofMinutes(1));
            work.checkAndGoOn(next, where + ", then a crash" + (isFull ? ", and a start on a full disk" : ""));
        }
        assertThat(refused).isPositive();
    }

    /** What a user does, each step when the one before is answered. */
    private static final class Work {
        private final StreamsRig rig;
        private final int begun;
        private final List<String> acknowledged = new ArrayList<>();
        private int refused;
        private int number;

        Work(Duration transition) {
            this.rig = new StreamsRig(MemoryDisk.empty(), 1, transition);
            this.begun = rig.disk.steps();
        }

        void run() {
            tryTo(() -> rig.await(rig.streams.create(NAME, 1)));
            rig.run(Duration.ofSeconds(1));
            put();
            tryTo(() -> rig.await(rig.streams.split(
                    NAME,
                    ShardId.of(0),
                    rig.openShards(NAME).get(0).hashKeyRange().middle())));
            put();
            rig.run(Duration.ofSeconds(1));
            put();
            put();
            tryTo(() -> rig.await(rig.streams.merge(NAME, ShardId.of(1), ShardId.of(2))));
            rig.run(Duration.ofSeconds(1));
            put();
            tryTo(() -> rig.await(rig.streams.create(new StreamName("other"), 1)));
            rig.run(Duration.ofSeconds(1));
            tryTo(() -> rig.await(rig.streams.delete(new StreamName("other"))));
            rig.run(Duration.ofSeconds(1));
            put();
        }

        private void put() {
            String data = number++ + "x".repeat(30_000);
            tryTo(() -> {
                rig.await(rig.streams.put(NAME, List.of(StreamsFixture.record("k" + number, data))));
                acknowledged.add(data);
            });
        }

        private void tryTo(Runnable step) {
            try {
                step.run();
            } catch (StreamException e) {
                refused++;
                // The server's own error, or that the stream is not there (yet).
                assertThat(e.kind()).isIn(Kind.INTERNAL_FAILURE, Kind.RESOURCE_NOT_FOUND, Kind.RESOURCE_IN_USE);
            } catch (IndexOutOfBoundsException notActive) {
                refused++;
            }
        }

        void checkAndGoOn(StreamsRig on, String where) {
            if (!on.streams.names().contains(NAME)) {
                // Its creation was refused, and so was all that was put.
                assertThat(acknowledged).as(where).isEmpty();
                on.await(on.streams.create(NAME, 1));
                on.run(Duration.ofSeconds(1));
            }
            on.streams
                    .names()
                    .forEach(name -> assertThat(on.streams.get(name).status())
                            .as("%s %s", name, where)
                            .isEqualTo(Status.ACTIVE));
            String more = "more " + number++;
            on.await(on.streams.put(NAME, List.of(StreamsFixture.record("k", more))));
            acknowledged.add(more);
            checkReads(on, where);
        }

        void checkReads(StreamsRig on, String where) {
            if (acknowledged.isEmpty()) {
                return;
            }
            List<String> found = new ArrayList<>();
            for (Shard shard : on.streams.get(NAME).shards()) {
                on.readAll(NAME, shard.id())
                        .forEach(record -> found.add(record.data().toUtf8()));
            }
            assertThat(found).as(where).doesNotHaveDuplicates().containsAll(acknowledged);
        }
    }
}
