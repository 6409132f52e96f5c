package io.millrace.cli.demo;

import io.millrace.checkpoint.Checkpointer;
import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * {@code millrace rehearsal}: a server, its tables, a worker and one that joins it, in one process and for as long as one
 * record takes. The launcher runs it after a build and lets the JVM archive the classes that were loaded: loading and checking them is half
 * of what a start costs.
 */
@Command(name = "rehearsal", hidden = true, description = "Loads what other commands need; for the launcher.")
public final class RehearsalCommand implements Callable<Integer> {
    private static final String STREAM = "rehearsal";
    private static final long LIMIT_SECONDS = 60;

    /** Rehearses. */
    public RehearsalCommand() {}

    @Override
    public Integer call() throws Exception {
        CountDownLatch processed = new CountDownLatch(1);
        CountDownLatch joined = new CountDownLatch(1);
        try (DemoStack stack = DemoStack.start(DemoStack.newFolder());
                KinesisAsyncClient kinesis = stack.kinesis();
                DynamoDbAsyncClient dynamoDb = stack.dynamoDb();
                Worker worker = worker(kinesis, dynamoDb)
                        .processor(() -> new Reluctant(processed))
                        .build();
                Worker joiner = worker(kinesis, dynamoDb)
                        .processor(() -> batch -> {})
                        .listener(event -> {
                            if (event instanceof WorkerEvent.LeaseTaken) {
                                joined.countDown();
                            }
                        })
                        .build()) {
            new StreamAdmin(kinesis).create(STREAM, 2);
            PutRecordsRequestEntry record = PutRecordsRequestEntry.builder()
                    .partitionKey("key")
                    .data(SdkBytes.fromUtf8String("record"))
                    .build();
            var unused = kinesis.putRecords(
                            request -> request.streamName(STREAM).records(record))
                    .join();
            worker.start();
            boolean isProcessed = processed.await(LIMIT_SECONDS, TimeUnit.SECONDS);
            joiner.start();
            boolean hasJoined = joined.await(LIMIT_SECONDS, TimeUnit.SECONDS);
            joiner.close(Duration.ofSeconds(10));
            worker.close(Duration.ofSeconds(10));
            if (!isProcessed || !hasJoined) {
                throw CommandFailure.failed("the rehearsal took too long");
            }
        }
        return CommandFailure.OK;
    }

    private static WorkerBuilder worker(KinesisAsyncClient kinesis, DynamoDbAsyncClient dynamoDb) {
        return Worker.builder().application(STREAM).stream(STREAM)
                .kinesisClient(kinesis)
                .dynamoDbClient(dynamoDb);
    }

    /** Gives nothing back before a joiner can have looked for it, so that a joiner's watching is rehearsed too. */
    private record Reluctant(CountDownLatch processed) implements RecordProcessor {
        private static final Duration MEANWHILE = Duration.ofMillis(300);

        @Override
        public void processRecords(RecordBatch batch) {
            processed.countDown();
        }

        @Override
        public void shutdownRequested(Checkpointer checkpointer) {
            Pause.of(MEANWHILE);
        }
    }
}
