package io.millrace.cli;

import ch.qos.logback.classic.LoggerContext;
import io.millrace.cli.leases.ServiceClock;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.FanOutFlag;
import io.millrace.cli.terminal.GracefulStop;
import io.millrace.cli.terminal.Seconds;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LostTable;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace consume}: one worker of an application, which prints the records of its share of the shards. */
@Command(
        name = "consume",
        description = {
            "Print the records of this worker's share of the shards and checkpoint what was printed.",
            "Start it in several terminals with the same --app to see the shards move between them.",
            "SIGINT or SIGTERM hands the shards over and ends with exit code 0; a reader of the output that goes away,"
                    + " such as head, does the same with exit code 141."
        })
final class ConsumeCommand implements Callable<Integer> {
    private static final Duration HANDOVER = Duration.ofSeconds(20);

    private final Terminal terminal;
    private final AwsAccess access;
    private final CompletableFuture<CommandFailure> outputLost = new CompletableFuture<>();

    @Parameters(paramLabel = "NAME|ARN", arity = "1..*", description = "The stream, or several.")
    private List<String> streams;

    @Option(
            names = "--app",
            required = true,
            paramLabel = "APP",
            description = "The application: workers of the same one share the shards and the checkpoints.")
    private String application;

    @Option(
            names = "--worker-id",
            paramLabel = "W",
            description = "What this worker is called. Default: host and process.")
    private @Nullable String workerId;

    @Option(
            names = "--from",
            paramLabel = "trim_horizon|latest|ISO-TIME",
            defaultValue = "trim_horizon",
            converter = StartPosition.class,
            description =
                    "Where an application begins that is new to the stream: the oldest record, what is put from now"
                            + " on, or a time such as 2026-11-21T08:30:00Z. Default: trim_horizon.")
    private Position.Initial from;

    @Option(
            names = "--fan-out",
            arity = "0..1",
            paramLabel = FanOutFlag.LABEL,
            preprocessor = FanOutFlag.class,
            description =
                    "Read by enhanced fan-out: the service pushes the records. The registered consumer is that of this"
                            + " name, made where it is missing, or of this ARN; without one, that of the application's name.")
    private @Nullable String fanOut;

    @Option(
            names = "--failover",
            paramLabel = "SECONDS",
            defaultValue = "10",
            converter = Seconds.class,
            description =
                    "After how many seconds of silence others take this worker's shards, at least 1. Default: 10.")
    private Duration failover;

    @Option(
            names = "--on-lost-table",
            paramLabel = "stop|restart",
            defaultValue = "stop",
            converter = LostTableName.class,
            description = "What to do when the lease table is deleted or emptied while this worker runs, and the"
                    + " checkpoints with it: stop, or begin again where --from says. Default: stop.")
    private LostTable onLostTable;

    @Option(
            names = "--raw-aggregates",
            description =
                    "Print the stored records of the Kinesis Producer Library as they are; by default each of the user"
                            + " records in them is printed.")
    private boolean rawAggregates;

    @Option(
            names = "--json",
            description = "Print one JSON object a line: shard, sequenceNumber, subSequenceNumber, partitionKey,"
                    + " explicitHashKey (of records of aggregates that have one), data (base64), arrival, and first the"
                    + " stream if there are several.")
    private boolean json;

    @Option(
            names = "--events",
            paramLabel = "FILE",
            description = "Append what happens to the worker and its leases to this file, one JSON object a line.")
    private @Nullable Path events;

    ConsumeCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException {
        streams.forEach(StreamCommand::checkName);
        try (EventFile file = EventFile.open(events);
                DirectKinesis kinesis = fanOut == null ? access.workerKinesis() : access.pipeKinesis();
                DynamoDbAsyncClient dynamoDb = access.workerDynamoDb();
                Worker worker = worker(kinesis, dynamoDb, file);
                GracefulStop stop = GracefulStop.install(CommandFailure.OK, () -> worker.close(HANDOVER))) {
            ServiceClock.refuseFuture(from, new KinesisStreams(kinesis), streams.get(0));
            worker.start();
            terminal.note("millrace: worker " + worker.name() + " of " + application + " reads "
                    + String.join(", ", streams));
            CompletableFuture<List<LeaseKey>> handedOver =
                    outputLost.thenCompose(unused -> worker.closeAsync(HANDOVER));
            worker.run();
            stop.awaitIfBegun();
            if (outputLost.isDone()) {
                handedOver.join();
            }
        }
        if (outputLost.isDone()) {
            throw outputLost.join();
        }
        return CommandFailure.OK;
    }

    private Worker worker(DirectKinesis kinesis, DynamoDbAsyncClient dynamoDb, EventFile file) {
        try {
            WorkerBuilder builder = Worker.builder()
                    .application(application)
                    .processor(() -> this::print)
                    .initialPosition(from)
                    .failoverTime(failover)
                    .onLostTable(onLostTable)
                    .aggregates(rawAggregates ? Aggregates.RAW : Aggregates.SPLIT)
                    .kinesisClient(kinesis)
                    .dynamoDbClient(dynamoDb)
                    .listener(file);
            streams.forEach(builder::stream);
            if (workerId != null) {
                builder.workerName(workerId);
            }
            return fanOut(builder).build();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private WorkerBuilder fanOut(WorkerBuilder builder) {
        if (fanOut == null) {
            return builder;
        }
        return fanOut.equals(FanOutFlag.UNNAMED) ? builder.fanOut() : builder.fanOut(fanOut);
    }

    /** Reads {@code --on-lost-table}. */
    static final class LostTableName implements ITypeConverter<LostTable> {
        @Override
        public LostTable convert(String text) {
            return switch (text) {
                case "stop" -> LostTable.STOP;
                case "restart" -> LostTable.RESTART;
                default -> throw new TypeConversionException("'" + text + "' is neither stop nor restart");
            };
        }
    }

    /** On return the records are written to standard output, so that a checkpoint never covers more than was printed. */
    private void print(RecordBatch batch) {
        RecordLine line = json ? RecordLine.JSON : RecordLine.PLAIN;
        StreamName named = streams.size() > 1 ? batch.shard().stream() : null;
        try {
            terminal.write(out -> {
                for (StreamRecord record : batch.records()) {
                    line.print(out, named, batch.shard().shard(), record);
                }
            });
        } catch (CommandFailure e) {
            // The worker warns of the batch that it cannot hand out; the command says what is to be said.
            ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
            outputLost.complete(e);
            throw e;
        }
    }
}
