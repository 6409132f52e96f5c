package io.millrace.cli.demo;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.cli.demo.WorkerMessage.Ended;
import io.millrace.cli.demo.WorkerMessage.Lost;
import io.millrace.cli.demo.WorkerMessage.Processed;
import io.millrace.cli.demo.WorkerMessage.Read;
import io.millrace.cli.demo.WorkerMessage.Started;
import io.millrace.cli.demo.WorkerMessage.Taken;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.FanOutFlag;
import io.millrace.cli.terminal.GracefulStop;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * {@code millrace demo-worker}: a worker process of the demo, which tells it on standard output what it does, and ends
 * when its standard input does.
 */
@Command(name = "demo-worker", hidden = true, description = "A worker of `millrace demo`, which starts it.")
public final class DemoWorkerCommand implements Callable<Integer> {
    private static final Duration HANDOVER = Duration.ofSeconds(10);

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();
    private final MeterRegistry meters = new SimpleMeterRegistry();

    @Parameters(index = "0")
    private String stream;

    @Parameters(index = "1")
    private String workerName;

    @Parameters(index = "2")
    private long failoverMillis;

    @Option(names = "--fan-out", arity = "0..1", preprocessor = FanOutFlag.class)
    private @Nullable String fanOut;

    /** Works with these. */
    public DemoWorkerCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        try (DirectKinesis kinesis = fanOut == null ? access.workerKinesis() : access.pipeKinesis();
                DynamoDbAsyncClient dynamoDb = access.workerDynamoDb();
                Platform.BlockingTasks tasks = platform.newBlockingTasks("parent", 1);
                Worker worker = worker(kinesis, dynamoDb);
                GracefulStop stop = GracefulStop.install(CommandFailure.OK, () -> worker.close(HANDOVER))) {
            tasks.execute(DemoWorkerCommand::endWithParent);
            worker.run();
            stop.awaitIfBegun();
        }
        return CommandFailure.OK;
    }

    private Worker worker(DirectKinesis kinesis, DynamoDbAsyncClient dynamoDb) {
        WorkerBuilder builder = Worker.builder().application("demo").stream(stream)
                .workerName(workerName)
                .failoverTime(Duration.ofMillis(failoverMillis))
                .processor(() -> this::process)
                .kinesisClient(kinesis)
                .dynamoDbClient(dynamoDb)
                .meterRegistry(meters)
                .listener(this::tell);
        if (fanOut != null) {
            builder = fanOut.equals(FanOutFlag.UNNAMED) ? builder.fanOut() : builder.fanOut(fanOut);
        }
        return builder.build();
    }

    /** The flag that makes this command subscribe as {@code consumer}. */
    static String fanOut(String consumer) {
        return consumer.equals(FanOutFlag.UNNAMED) ? "--fan-out" : "--fan-out=" + consumer;
    }

    /** Reports the records; on return the demo has them, or we are dead and they come to another worker. */
    private void process(RecordBatch batch) {
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, platform.clock().instant());
        StringBuilder lines = new StringBuilder();
        for (StreamRecord record : batch.records()) {
            lines.append(new Processed(
                                    batch.shard().shard().value(),
                                    batch.shard().epoch(),
                                    micros,
                                    numberOf(record),
                                    record.partitionKey())
                            .toLine())
                    .append('\n');
        }
        if (fanOut != null) {
            lines.append(new Read(counted("millrace.pipe.records"), counted("millrace.pipe.bridged.records")).toLine())
                    .append('\n');
        }
        terminal.write(out -> out.write(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private long counted(String name) {
        Counter counter = meters.find(name).counter();
        return counter == null ? 0 : (long) counter.count();
    }

    /** The producer puts the running number and a tab in front of the line. */
    private static int numberOf(StreamRecord record) {
        String data = record.data().toUtf8();
        return Integer.parseInt(data.substring(0, data.indexOf('\t')));
    }

    private void tell(WorkerEvent event) {
        if (event instanceof WorkerEvent.Started) {
            terminal.line(new Started().toLine());
        } else if (event instanceof WorkerEvent.LeaseTaken taken) {
            terminal.line(new Taken(taken.shard().value(), taken.epoch()).toLine());
        } else if (event instanceof WorkerEvent.LeaseLost lost) {
            terminal.line(new Lost(lost.shard().value(), lost.epoch(), lost.released()).toLine());
        } else if (event instanceof WorkerEvent.ShardEnded ended) {
            terminal.line(new Ended(ended.shard().value(), ended.epoch()).toLine());
        }
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is expected: only the end counts.
            }
        } catch (IOException parentIsGone) {
            // The same.
        }
        Runtime.getRuntime().halt(CommandFailure.FAILED);
    }
}
