package io.millrace.systemtests.chaos;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.checkpoint.CheckpointException;
import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerException;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A worker as a process of its own that prints a {@link ChaosNote} for all that it does. A batch is printed before it counts as
 * processed, so no checkpoint passes a record that nobody heard of. Arguments: the stream, the worker's name, its failover time
 * in ms, and {@code pipe} or {@code polling}. Leaves when its standard input ends.
 */
final class ChaosWorker {
    private static final int STARTS = 5;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private ChaosWorker() {}

    public static void main(String[] args) throws IOException {
        ChaosWorker told = new ChaosWorker();
        WorkerBuilder builder = Worker.builder().application("chaos").stream(args[0])
                .workerName(args[1])
                .failoverTime(Duration.ofMillis(Long.parseLong(args[2])))
                .meterRegistry(told.meters)
                .listener(told::tell)
                .processor(() -> told.new Processor());
        if (args[3].equals("pipe")) {
            builder.fanOut();
        }
        Worker worker = started(builder);
        try (worker) {
            while (System.in.read() >= 0) {
                // Nothing is said to it but the end.
            }
        }
    }

    /** A start gives up after 10 s, and the server may be away for longer on a machine that is full. */
    private static Worker started(WorkerBuilder builder) {
        for (int left = STARTS; ; left--) {
            Worker worker = builder.build();
            try {
                worker.start();
                return worker;
            } catch (WorkerException gaveUp) {
                worker.close();
                if (left == 1) {
                    throw gaveUp;
                }
            }
        }
    }

    private void tell(WorkerEvent event) {
        long now = System.nanoTime();
        if (event instanceof WorkerEvent.LeaseTaken taken) {
            print(new ChaosNote.Taken(now, ownership(taken.shard(), taken.epoch())));
        } else if (event instanceof WorkerEvent.LeaseLost lost) {
            ChaosNote.Way way = lost.released() ? ChaosNote.Way.RELEASED : ChaosNote.Way.LOST;
            print(new ChaosNote.Over(now, ownership(lost.shard(), lost.epoch()), way));
        } else if (event instanceof WorkerEvent.ShardEnded ended) {
            print(new ChaosNote.Over(now, ownership(ended.shard(), ended.epoch()), ChaosNote.Way.ENDED));
        }
    }

    /** Whole lines, one after the other: nothing else locks longer than for one of its own. */
    private static void print(ChaosNote note) {
        byte[] line = (note.line() + "\n").getBytes(StandardCharsets.UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
    }

    private static Ownership ownership(ShardId shard, long epoch) {
        return new Ownership(shard.value(), epoch);
    }

    private long byPipe() {
        return Math.round(meters.find("millrace.pipe.records").counters().stream()
                .mapToDouble(Counter::count)
                .sum());
    }

    /** Tells of one ownership, and tries to save once it is lost. */
    private final class Processor implements RecordProcessor {
        private @Nullable ShardContext shard;
        private @Nullable Checkpointer last;

        @Override
        public void processRecords(RecordBatch batch) {
            long now = System.nanoTime();
            shard = batch.shard();
            last = batch.checkpointer();
            StringBuilder records = new StringBuilder();
            for (StreamRecord record : batch.records()) {
                records.append(records.isEmpty() ? "" : ",")
                        .append(record.partitionKey())
                        .append(':')
                        .append(record.data().toUtf8());
            }
            print(new ChaosNote.Batch(now, of(batch.shard()), byPipe(), records.toString()));
        }

        @Override
        public void shardEnded(Checkpointer checkpointer) {
            Optional.ofNullable(shard).ifPresent(begun -> print(new ChaosNote.AtEnd(System.nanoTime(), of(begun))));
        }

        @Override
        public void leaseLost() {
            if (shard != null && last != null) {
                try {
                    last.checkpoint();
                    print(new ChaosNote.SavedAfterLoss(System.nanoTime(), of(shard)));
                } catch (CheckpointException refused) {
                    // As it must be.
                }
            }
        }

        private Ownership of(ShardContext context) {
            return ownership(context.shard(), context.epoch());
        }
    }
}
