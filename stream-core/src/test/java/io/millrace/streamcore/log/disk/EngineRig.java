package io.millrace.streamcore.log.disk;

import io.millrace.sim.Simulation;
import io.millrace.streamcore.log.AppendOutcome;
import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.ShardLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** An engine in virtual time, on any disk: every step of a test happens when the test asks for it. */
class EngineRig {
    static final String NAME = "orders@1";
    static final int SMALL_SEGMENT = 64 << 10;

    final Simulation simulation;
    final DiskLogEngine engine;

    EngineRig(DiskFiles files, Path data, LogSettings settings, LogProbe probe, long seed) {
        this.simulation = new Simulation(seed);
        this.engine = DiskLogEngine.open(files, data, settings, probe, simulation);
    }

    ShardLog open() {
        return await(engine.open(NAME));
    }

    void close() {
        await(engine.close());
    }

    /** Lets virtual time pass until an outcome is there. */
    <T> T await(CompletableFuture<T> future) {
        simulation.runUntil(future::isDone, Duration.ofMinutes(1));
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    AppendOutcome.Appended append(ShardLog log, int shard, String... records) {
        AppendOutcome outcome = await(log.append(shard, records.length, LogBatches.payload(records)));
        if (outcome instanceof AppendOutcome.Appended appended) {
            return appended;
        }
        throw new AssertionError("the shard is closed");
    }

    /** Every record of a shard that is left, as the log's own numbering has them. */
    List<String> records(ShardLog log, int shard) {
        List<String> records = new ArrayList<>();
        long next = log.bounds(shard).first();
        while (next < log.bounds(shard).end()) {
            List<LogBatch> batches = await(log.read(shard, next, 3, 100));
            if (batches.isEmpty() || batches.get(0).firstIndex() > next) {
                throw new AssertionError("nothing at " + next + " of " + log.bounds(shard));
            }
            for (LogBatch batch : batches) {
                List<String> texts = LogBatches.texts(batch);
                for (int i = 0; i < texts.size(); i++) {
                    if (batch.firstIndex() + i == next) {
                        records.add(texts.get(i));
                        next++;
                    }
                }
            }
        }
        return records;
    }
}
