package io.millrace.benchmarks.coordination;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.consumer.processor.ShardContext;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A worker as a user would write one, which prints a {@link Line} for whatever happens to it, with the time on its own
 * clock. Ends at SIGTERM, or when its standard input does.
 *
 * <p>Lines come from several threads; each is written at once and whole.
 */
public final class WorkerMain {
    private static final Duration HANDOVER = Duration.ofSeconds(20);
    private static final Duration COUNTS = Duration.ofMillis(500);

    private final Platform platform = new SystemPlatform();
    private final PrintStream out = System.out;
    private final TableCalls calls = new TableCalls();

    private WorkerMain() {}

    /**
     * Runs one.
     *
     * @param arguments application, stream, worker name, failover time in seconds, idle time between reads in
     *     milliseconds
     */
    public static void main(String[] arguments) {
        new WorkerMain().run(List.of(arguments));
    }

    private void run(List<String> arguments) {
        SdkEventLoopGroup threads =
                SdkEventLoopGroup.builder().numberOfThreads(2).build();
        try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
                        .httpClientBuilder(NettyNioAsyncHttpClient.builder().eventLoopGroup(threads))
                        .build();
                DynamoDbAsyncClient dynamoDb = DynamoDbAsyncClient.builder()
                        .httpClientBuilder(NettyNioAsyncHttpClient.builder().eventLoopGroup(threads))
                        .overrideConfiguration(settings -> settings.addExecutionInterceptor(calls))
                        .build();
                Worker worker = Worker.builder().application(arguments.get(0)).stream(arguments.get(1))
                        .workerName(arguments.get(2))
                        .failoverTime(Duration.ofSeconds(Long.parseLong(arguments.get(3))))
                        .idleTimeBetweenReads(Duration.ofMillis(Long.parseLong(arguments.get(4))))
                        .processor(Telling::new)
                        .listener(this::onEvent)
                        .kinesisClient(kinesis)
                        .dynamoDbClient(dynamoDb)
                        .build();
                Platform.BlockingTasks reader = platform.newBlockingTasks("input", 1)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> worker.close(HANDOVER), "stop"));
            reader.execute(() -> closeAtEndOfInput(worker));
            worker.start();
            EventLoop timer = platform.newEventLoop("counts");
            count(timer);
            worker.run();
            timer.execute(timer::close);
        }
    }

    private void closeAtEndOfInput(Worker worker) {
        try {
            long unused = System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        } finally {
            worker.closeAsync(HANDOVER).join();
        }
    }

    private void count(EventLoop timer) {
        print(new Line(Line.Kind.CALLS, now(), "-", calls.text()));
        EventLoop.Cancellable unused = timer.schedule(COUNTS, () -> count(timer));
    }

    private void onEvent(WorkerEvent event) {
        long at = Line.nanos(event.time());
        if (event instanceof WorkerEvent.Started) {
            print(new Line(Line.Kind.STARTED, at, "-", "-"));
        } else if (event instanceof WorkerEvent.LeaseTaken taken) {
            print(new Line(Line.Kind.TAKEN, at, taken.shard().value(), Long.toString(taken.epoch())));
        } else if (event instanceof WorkerEvent.LeaseLost lost) {
            Line.Kind kind = lost.released() ? Line.Kind.RELEASED : Line.Kind.LOST;
            print(new Line(kind, at, lost.shard().value(), lost.reason()));
        } else if (event instanceof WorkerEvent.ShardEnded ended) {
            print(new Line(Line.Kind.ENDED, at, ended.shard().value(), Long.toString(ended.epoch())));
        }
    }

    private void print(Line line) {
        print(line + "\n");
    }

    private void print(String lines) {
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.flush();
    }

    private long now() {
        return Line.nanos(platform.clock().instant());
    }

    /** Prints what it processes; belongs to whichever thread the worker calls it on. */
    private final class Telling implements RecordProcessor {
        private String shard = "-";

        @Override
        public void initialize(ShardContext context) {
            shard = context.shard().value();
        }

        @Override
        public void processRecords(RecordBatch batch) {
            long now = now();
            StringBuilder lines = new StringBuilder();
            for (StreamRecord record : batch.records()) {
                lines.append(new Line(
                                Line.Kind.RECORD, now, shard, record.data().toUtf8()))
                        .append('\n');
            }
            print(lines.toString());
        }

        @Override
        public void shardEnded(Checkpointer checkpointer) {
            print(new Line(Line.Kind.READ_OUT, now(), shard, "-"));
        }
    }
}
