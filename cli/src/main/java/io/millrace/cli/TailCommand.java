package io.millrace.cli;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.cli.leases.ServiceClock;
import io.millrace.cli.streams.Patience;
import io.millrace.cli.streams.PipedTail;
import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.streams.StreamTail;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.FanOutFlag;
import io.millrace.cli.terminal.Seconds;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.RecordSources;
import io.millrace.fanout.ServiceTime;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.fanout.pipe.FanOutConsumer;
import io.millrace.fanout.pipe.FanOutRefusedException;
import io.millrace.fanout.pipe.KinesisPipes;
import io.millrace.fanout.pipe.PipeSettings;
import io.millrace.fanout.pipe.PipeSources;
import io.millrace.fanout.polling.PollingSettings;
import io.millrace.fanout.polling.PollingSources;
import io.millrace.model.Position;
import io.millrace.model.Shard;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.model.aggregate.Aggregates;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace tail}: prints what is put into a stream, for ever, without leases or checkpoints. */
@Command(
        name = "tail",
        description = {
            "Print the records of all shards, one a line, until interrupted.",
            "After an outage of the service it goes on where it was.",
            "Keeps no checkpoint and takes no lease; shards that come from a split or a merge follow their parents."
        })
final class TailCommand implements Callable<Integer> {
    static final String CONSUMER = "millrace-tail";

    private final SystemPlatform platform = new SystemPlatform();
    private final Terminal terminal;
    private final AwsAccess access;

    @Parameters(paramLabel = "NAME|ARN", description = "The stream.")
    private String stream;

    @Option(
            names = "--from",
            paramLabel = "trim_horizon|latest|ISO-TIME",
            defaultValue = "latest",
            converter = StartPosition.class,
            description = "Where to begin: the oldest record, what is put from now on, or a time such as"
                    + " 2026-11-21T08:30:00Z. Default: latest.")
    private Position.Initial from;

    @Option(
            names = "--fan-out",
            arity = "0..1",
            paramLabel = FanOutFlag.LABEL,
            preprocessor = FanOutFlag.class,
            description =
                    "Read by enhanced fan-out: the service pushes the records. The registered consumer is that of this"
                            + " name, made where it is missing, or of this ARN. Default name: " + TailCommand.CONSUMER
                            + "; every tail of a stream needs one of its own.")
    private @Nullable String fanOut;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Seconds.class,
            description = "How long an outage of the service may last before tail gives up. Default: 300.")
    private Duration patience;

    @Option(
            names = "--raw-aggregates",
            description =
                    "Print the stored records of the Kinesis Producer Library as they are; by default each of the user"
                            + " records in them is printed.")
    private boolean rawAggregates;

    @Option(
            names = "--json",
            description = "Print one JSON object a line: shard, sequenceNumber, subSequenceNumber, partitionKey,"
                    + " explicitHashKey (of records of aggregates that have one), data (base64), arrival.")
    private boolean json;

    TailCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        StreamCommand.checkName(stream);
        return fanOut == null ? poll() : subscribe(fanOut.equals(FanOutFlag.UNNAMED) ? CONSUMER : fanOut);
    }

    private int poll() {
        try (KinesisAsyncClient kinesis = access.kinesis();
                EventLoop loop = platform.newEventLoop("tail")) {
            ServiceClock.refuseFuture(from, new KinesisStreams(kinesis), stream);
            StreamAdmin streams = new StreamAdmin(kinesis);
            StreamTail.Subject subject = new StreamTail.Subject(stream, aggregates());
            StreamTail tail = new StreamTail(kinesis, loop, platform.random(), subject, patience(), this::print);
            tail.start(streams.shards(stream), from);
            tail.ended().join();
        }
        return CommandFailure.OK;
    }

    private int subscribe(String consumerNameOrArn) {
        FanOutConsumer consumer = consumer(consumerNameOrArn);
        try (DirectKinesis kinesis = access.pipeKinesis();
                EventLoop loop = platform.newEventLoop("tail")) {
            KinesisStreams streams = new KinesisStreams(kinesis);
            ServiceClock.refuseFuture(from, streams, stream);
            StreamName name = StreamArn.isMeant(stream)
                    ? streams.nameOf(StreamArn.parse(stream)).join()
                    : new StreamName(stream);
            consumer.contradiction(List.of(name)).ifPresent(line -> {
                throw CommandFailure.usage(line);
            });
            KinesisPipes pipes = new KinesisPipes(kinesis, streams, consumer);
            Position.Initial begin =
                    from instanceof Position.Latest ? new Position.AtTimestamp(now(streams, name)) : from;
            List<Shard> shards = (begin instanceof Position.AtTimestamp at
                            ? streams.shardsSince(name, at.time())
                            : streams.shards(name))
                    .join()
                    .orElseThrow(() -> missing(name));
            prepare(pipes, name);
            PipedTail tail = new PipedTail(sources(pipes, streams, loop), loop, name, begin, patience(), this::print);
            tail.start(shards);
            tail.ended().join();
        }
        return CommandFailure.OK;
    }

    private static FanOutConsumer consumer(String nameOrArn) {
        try {
            return FanOutConsumer.of(nameOrArn);
        } catch (IllegalArgumentException refused) {
            throw CommandFailure.usage("--fan-out: " + refused.getMessage());
        }
    }

    /** A place that a source finds again after an outage, which the latest record is not. */
    private static Instant now(KinesisStreams streams, StreamName name) {
        return ServiceClock.now(streams, name).orElseThrow(() -> missing(name));
    }

    private static CommandFailure missing(StreamName name) {
        return CommandFailure.failed("stream " + name + " does not exist");
    }

    private static void prepare(KinesisPipes pipes, StreamName name) {
        try {
            pipes.prepare(name).join();
        } catch (CompletionException error) {
            throw error.getCause() instanceof FanOutRefusedException refused
                    ? CommandFailure.failed(String.valueOf(refused.getMessage()), refused)
                    : error;
        }
    }

    private RecordSources sources(KinesisPipes pipes, KinesisStreams streams, EventLoop loop) {
        MeterRegistry nowhere = new CompositeMeterRegistry();
        ServiceTime time = new ServiceTime(platform.ticker());
        PollingSettings polling = PollingSettings.DEFAULT.withAggregates(aggregates());
        PollingSources bridges = new PollingSources(streams, polling, loop, platform, nowhere, time);
        PipeSettings pushing = PipeSettings.DEFAULT.withAggregates(aggregates());
        return new PipeSources(PipeSources.Ways.of(pipes, bridges), pushing, loop, platform, nowhere, time);
    }

    private Aggregates aggregates() {
        return rawAggregates ? Aggregates.RAW : Aggregates.SPLIT;
    }

    private Patience patience() {
        return new Patience(
                patience, platform.ticker(), new ErrorLine(access)::of, note -> terminal.note("millrace: " + note));
    }

    private void print(ShardId shard, List<StreamRecord> records) {
        terminal.write(out -> {
            for (StreamRecord record : records) {
                (json ? RecordLine.JSON : RecordLine.PLAIN).print(out, null, shard, record);
            }
        });
    }
}
