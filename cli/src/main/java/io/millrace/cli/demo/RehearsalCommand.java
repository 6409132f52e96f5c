package io.millrace.cli.demo;

import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.consumer.Worker;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;

/**
 * {@code millrace rehearsal}: a server, its tables and a worker in one process, for as long as one record takes. The
 * launcher runs it after a build and lets the JVM archive the classes that were loaded: loading and checking them is half
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
        CompletableFuture<Integer> processed = new CompletableFuture<>();
        try (DemoStack stack = DemoStack.start(DemoStack.newFolder());
                KinesisAsyncClient kinesis = stack.kinesis();
                DynamoDbAsyncClient dynamoDb = stack.dynamoDb();
                Worker worker = Worker.builder().application(STREAM).stream(STREAM)
                        .processor(() ->
                                batch -> processed.complete(batch.records().size()))
                        .kinesisClient(kinesis)
                        .dynamoDbClient(dynamoDb)
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
            Integer unusedCount = processed.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            worker.close(Duration.ofSeconds(10));
        }
        return CommandFailure.OK;
    }
}
