package io.millrace.streamcore.stream;

import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.sim.Simulation;
import io.millrace.streamcore.log.LogSettings;
import io.millrace.streamcore.log.disk.MemoryDisk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Streams on a disk in memory, in virtual time. */
public final class StreamsRig {
    public final Simulation simulation;
    final MemoryDisk disk;
    final DurableStreams streams;

    public StreamsRig(MemoryDisk disk, long seed, Duration transition) {
        this.simulation = new Simulation(seed);
        this.disk = disk;
        LogSettings log = LogSettings.DEFAULTS.withSegmentBytes(64 << 10).withCacheBytes(10_000);
        StreamsSettings settings = StreamsSettings.in(Path.of("data"), simulation)
                .withTransitionTime(transition)
                .withLog(log);
        this.streams = await(DurableStreams.open(settings, disk.engine(log, simulation)));
    }

    public Streams streams() {
        return streams;
    }

    public <T> T await(CompletableFuture<T> future) {
        simulation.runUntil(future::isDone, Duration.ofMinutes(2));
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    public void run(Duration time) {
        simulation.run(time);
    }

    List<Shard> openShards(StreamName name) {
        return streams.get(name).shards().stream().filter(Shard::isOpen).toList();
    }

    List<StreamRecord> readAll(StreamName name, ShardId shard) {
        List<StreamRecord> records = new ArrayList<>();
        ShardCursor cursor = await(streams.seek(name, shard, Position.trimHorizon()));
        while (true) {
            ReadPage page = await(streams.read(cursor, 50, 10_000));
            records.addAll(page.records());
            if (page.records().isEmpty() || page.next().isEmpty()) {
                return records;
            }
            cursor = page.next().get();
        }
    }
}
