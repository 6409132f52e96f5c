package io.millrace.cli;

import io.millrace.cli.leases.ServiceClock;
import io.millrace.cli.streams.Patience;
import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.streams.StreamTail;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.Seconds;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.KinesisStreams;
import io.millrace.model.Position;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.concurrent.Callable;
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

    @Option(names = "--fan-out", description = "Read by enhanced fan-out; comes with a later release.")
    private boolean fanOut;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Seconds.class,
            description = "How long an outage of the service may last before tail gives up. Default: 300.")
    private Duration patience;

    @Option(
            names = "--json",
            description = "Print one JSON object a line: shard, sequenceNumber, partitionKey, data (base64), arrival.")
    private boolean json;

    TailCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        StreamCommand.checkName(stream);
        FanOut.refuse(fanOut);
        SystemPlatform platform = new SystemPlatform();
        try (KinesisAsyncClient kinesis = access.kinesis();
                EventLoop loop = platform.newEventLoop("tail")) {
            ServiceClock.refuseFuture(from, new KinesisStreams(kinesis), stream);
            StreamAdmin streams = new StreamAdmin(kinesis);
            StreamTail tail = new StreamTail(
                    kinesis,
                    loop,
                    platform.random(),
                    stream,
                    new Patience(
                            patience,
                            platform.ticker(),
                            new ErrorLine(access)::of,
                            note -> terminal.note("millrace: " + note)),
                    (shard, records) -> terminal.write(out -> {
                        for (var record : records) {
                            (json ? RecordLine.JSON : RecordLine.PLAIN).print(out, null, shard, record);
                        }
                    }));
            tail.start(streams.shards(stream), from);
            tail.ended().join();
        }
        return CommandFailure.OK;
    }
}
