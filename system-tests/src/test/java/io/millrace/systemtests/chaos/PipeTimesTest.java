package io.millrace.systemtests.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.chaos.ChaosNote.Way;
import io.millrace.systemtests.process.LocalClients;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** How long shards that are read by pipe stand still when they move between processes as planned, and when they are split. */
@Tag("slow")
class PipeTimesTest {
    private static final Logger log = LoggerFactory.getLogger(PipeTimesTest.class);
    private static final String STREAM = "times";
    private static final ChaosProducer.Load LOAD = new ChaosProducer.Load(80_000, 160, 40, 10);

    @TempDir
    Path folder;

    @Test
    @Timeout(300)
    void plannedMovesAndSplitsByPipeHardlyStopAShard() throws Exception {
        ChaosTally tally = new ChaosTally();
        Semaphore room = new Semaphore(4_000);
        try (ChaosFleet fleet = new ChaosFleet(
                        STREAM,
                        8,
                        Duration.ofSeconds(5),
                        folder.resolve("data"),
                        new ChaosCrew.Workers(List.of("pipe")),
                        note -> {
                            if (note instanceof ChaosNote.Batch batch) {
                                room.release(tally.add(batch));
                            }
                        });
                KinesisAsyncClient kinesis = LocalClients.kinesisWithoutRetries(fleet.port());
                ChaosProducer producer = new ChaosProducer(fleet.port(), STREAM, LOAD, room)) {
            fleet.join();
            fleet.awaitHolders(1);
            producer.start();
            // The first moves and splits meet JVMs that are still cold, as they do in a fleet that is being rolled out.
            List<ChaosStep> steps = List.of(
                    new ChaosStep.Join(),
                    new ChaosStep.Split(),
                    new ChaosStep.Join(),
                    new ChaosStep.Split(),
                    new ChaosStep.Leave(),
                    new ChaosStep.Split(),
                    new ChaosStep.Split());
            for (int i = 0; i < steps.size(); i++) {
                long threshold = LOAD.records() * (i + 1) / (steps.size() + 1);
                fleet.await(threshold + " records", () -> tally.size() >= threshold);
                steps.get(i).on(fleet);
            }
            fleet.await("the last put", producer::isDone);
            fleet.await("the last record", () -> tally.holds(producer.put().acknowledged()));
            Map<String, List<String>> children = children(kinesis);
            fleet.leaveAll();

            List<ChaosNote> notes =
                    fleet.told().stream().map(ChaosJudge.Told::note).toList();
            List<Long> moves = pausesOfMoves(notes);
            List<Long> splits = pausesOfSplits(notes, children);
            log.warn("by pipe, ms without a record: planned moves {}, parent's end to child's first {}", moves, splits);
            assertThat(moves).hasSizeGreaterThan(6).allMatch(pause -> pause < 500, "below 500 ms");
            assertThat(splits).hasSize(8).allMatch(pause -> pause < 300, "below 300 ms");
        }
    }

    private static Map<String, List<String>> children(KinesisAsyncClient kinesis) {
        Map<String, List<String>> children = new HashMap<>();
        for (Shard shard :
                kinesis.listShards(request -> request.streamName(STREAM)).join().shards()) {
            if (shard.parentShardId() != null) {
                children.computeIfAbsent(shard.parentShardId(), unused -> new ArrayList<>())
                        .add(shard.shardId());
            }
        }
        return children;
    }

    /** From the last batch of an ownership that was given back to the first of the next one; in ms. */
    private static List<Long> pausesOfMoves(List<ChaosNote> notes) {
        List<Long> pauses = new ArrayList<>();
        for (ChaosNote note : notes) {
            if (note instanceof ChaosNote.Over over && over.way() == Way.RELEASED) {
                Ownership of = over.of();
                long last = batches(notes, of.shard())
                        .filter(batch -> batch.of().epoch() <= of.epoch())
                        .mapToLong(ChaosNote::at)
                        .max()
                        .orElse(over.at());
                batches(notes, of.shard())
                        .filter(batch -> batch.of().epoch() > of.epoch())
                        .mapToLong(ChaosNote::at)
                        .min()
                        .ifPresent(first -> pauses.add(millis(first - last)));
            }
        }
        return pauses;
    }

    /** From a parent's end to the first batch of each child; in ms. */
    private static List<Long> pausesOfSplits(List<ChaosNote> notes, Map<String, List<String>> children) {
        List<Long> pauses = new ArrayList<>();
        for (ChaosNote note : notes) {
            if (note instanceof ChaosNote.AtEnd end) {
                for (String child : children.getOrDefault(end.of().shard(), List.of())) {
                    batches(notes, child)
                            .mapToLong(ChaosNote::at)
                            .min()
                            .ifPresent(first -> pauses.add(millis(first - end.at())));
                }
            }
        }
        return pauses;
    }

    private static Stream<ChaosNote.Batch> batches(List<ChaosNote> notes, String shard) {
        return notes.stream()
                .filter(note -> note.of().shard().equals(shard))
                .filter(ChaosNote.Batch.class::isInstance)
                .map(ChaosNote.Batch.class::cast);
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }
}
