package io.millrace.cli;

import io.millrace.cli.leases.ServiceClock;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.FanOutFlag;
import io.millrace.cli.terminal.GracefulStop;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.Worker;
import io.millrace.consumer.letters.LetterException;
import io.millrace.fanout.kinesis.DirectKinesis;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.model.Position;
import io.millrace.model.StreamArn;
import io.millrace.multilang.MultilangDaemon;
import io.millrace.multilang.settings.DaemonSettings;
import io.millrace.multilang.settings.Setting;
import io.millrace.multilang.settings.SettingsException;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace daemon}: one worker whose processors are written in other languages. */
@Command(
        name = "daemon",
        description = {
            "Run record processors written in other languages, such as those for Amazon's MultiLangDaemon in Python and"
                    + " Node.js: each shard of this worker has a process of its own.",
            "SIGINT or SIGTERM lets the processors checkpoint, hands the shards over and ends with exit code 0."
        })
final class DaemonCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;

    @Parameters(paramLabel = "FILE", description = "The .properties file, as Amazon's daemon takes it.")
    private String file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set something, whatever the file says. May be given several times.")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(
            names = "--stream",
            paramLabel = "NAME|ARN",
            description = "The stream, whatever the file says. May be given several times.")
    private List<String> streams = new ArrayList<>();

    @Option(names = "--app", paramLabel = "APP", description = "The application, whatever the file says.")
    private @Nullable String application;

    @Option(names = "--worker-id", paramLabel = "W", description = "What this worker is called.")
    private @Nullable String workerId;

    @Option(
            names = "--from",
            paramLabel = "trim_horizon|latest|ISO-TIME",
            converter = StartPosition.class,
            description = "Where an application begins that is new to the stream, whatever the file says.")
    private Position.@Nullable Initial from;

    @Option(
            names = "--fan-out",
            arity = "0..1",
            paramLabel = FanOutFlag.LABEL,
            preprocessor = FanOutFlag.class,
            description = "Read by enhanced fan-out, as the consumer of this name or ARN or of the application's name.")
    private @Nullable String fanOut;

    @Option(
            names = "--events",
            paramLabel = "FILE",
            description =
                    "Append what happens to the worker, its leases and its children to this file, one JSON object a"
                            + " line.")
    private @Nullable Path events;

    @Option(names = "--json", description = "Print the same events to the standard output.")
    private boolean json;

    @Option(names = "--check", description = "Say what each setting means, and do nothing else.")
    private boolean check;

    DaemonCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException {
        DaemonSettings settings = settings();
        if (check) {
            settings.lines().forEach(terminal::line);
            return CommandFailure.OK;
        }
        settings.warnings().forEach(warning -> terminal.note("millrace daemon: " + file + ": " + warning));
        run(settings, access.preferring(DaemonServices.of(settings.services())));
        return CommandFailure.OK;
    }

    private void run(DaemonSettings settings, AwsAccess services) {
        boolean isFanOut = settings.retrieval().isFanOut();
        try (EventFile written = EventFile.open(events, json ? terminal::line : event -> {});
                FailureSinks sinks = new FailureSinks(services);
                MultilangDaemon daemon = daemon(settings, services, sinks, written);
                DirectKinesis kinesis = isFanOut ? services.pipeKinesis() : services.workerKinesis();
                DynamoDbAsyncClient dynamoDb = services.workerDynamoDb();
                Worker worker = worker(daemon, kinesis, dynamoDb, written);
                GracefulStop stop =
                        GracefulStop.install(CommandFailure.OK, () -> stop(worker, settings.grace(), daemon))) {
            ServiceClock.refuseFuture(
                    settings.from(),
                    new KinesisStreams(kinesis),
                    settings.streams().get(0));
            worker.start();
            terminal.note("millrace: daemon " + worker.name() + " of " + settings.application() + " reads "
                    + String.join(", ", settings.streams()));
            worker.run();
            stop.awaitIfBegun();
        }
    }

    private static void stop(Worker worker, Duration grace, MultilangDaemon daemon) {
        worker.close(grace);
        daemon.close();
    }

    private DaemonSettings settings() {
        try {
            DaemonSettings read = DaemonSettings.of(DaemonFile.read(file), overrides());
            return from == null ? read : read.withFrom(from);
        } catch (SettingsException wrong) {
            throw CommandFailure.failed(file + ": " + wrong.getMessage());
        }
    }

    private List<Setting> overrides() {
        List<Setting> overrides = new ArrayList<>();
        set.forEach((key, value) -> overrides.add(new Setting(key, value, "--set")));
        if (!streams.isEmpty()) {
            boolean isArn = StreamArn.isMeant(streams.get(0));
            overrides.add(new Setting(isArn ? "streamArn" : "streamName", String.join(",", streams), "--stream"));
        }
        if (application != null) {
            overrides.add(new Setting("applicationName", application, "--app"));
        }
        if (workerId != null) {
            overrides.add(new Setting("workerId", workerId, "--worker-id"));
        }
        if (fanOut != null) {
            overrides.add(new Setting("retrievalMode", "FANOUT", "--fan-out"));
            if (!fanOut.equals(FanOutFlag.UNNAMED)) {
                overrides.add(new Setting(
                        fanOut.startsWith("arn:") ? "fanoutConfig.consumerArn" : "fanoutConfig.consumerName",
                        fanOut,
                        "--fan-out"));
            }
        }
        return overrides;
    }

    private MultilangDaemon daemon(DaemonSettings settings, AwsAccess services, FailureSinks sinks, EventFile written) {
        try {
            Platform platform = new SystemPlatform();
            ChildEvents listener = new ChildEvents(written, platform.clock());
            return settings.lambdaOrNull() == null
                    ? new MultilangDaemon(settings, sinks::letters, listener, platform)
                    : MultilangDaemon.ofFunction(
                            settings, FunctionStreams.of(settings, services), sinks::documents, listener, platform);
        } catch (SettingsException wrong) {
            throw CommandFailure.failed(file + ": " + wrong.getMessage());
        }
    }

    private Worker worker(
            MultilangDaemon daemon, DirectKinesis kinesis, DynamoDbAsyncClient dynamoDb, EventFile written) {
        try {
            return daemon.worker()
                    .kinesisClient(kinesis)
                    .dynamoDbClient(dynamoDb)
                    .listener(written)
                    .build();
        } catch (IllegalArgumentException | LetterException wrong) {
            throw CommandFailure.failed(file + ": " + wrong.getMessage());
        }
    }
}
