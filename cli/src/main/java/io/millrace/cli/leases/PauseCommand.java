package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.services.HostName;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseTable;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace leases pause APP [SHARD]}: stops processing without stopping workers. */
@Command(
        name = "pause",
        description = {
            "Pause an application, or one shard of it, without stopping its workers.",
            "Workers hear of it within a second: they keep their leases, finish what is in hand, and begin nothing new until"
                    + " `millrace leases resume`. Workers that start later find the pause, too."
        })
public final class PauseCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(index = "0", paramLabel = "APP", description = "The application.")
    private String application;

    @Parameters(
            index = "1",
            paramLabel = "SHARD",
            arity = "0..1",
            description = "One shard, by its id or as STREAM/ID. Without it the whole application.")
    private @Nullable String shard;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "The shard's stream, where several have a shard of that id.")
    private @Nullable String stream;

    /** Made by the command line. */
    public PauseCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            LeaseTable table = flags.of(client, application);
            TableView view = new TableView(table, platform.ticker(), flags.failover);
            String note = platform.clock().instant().truncatedTo(ChronoUnit.SECONDS) + " by "
                    + System.getProperty("user.name", "somebody") + "@" + HostName.get();
            if (shard == null) {
                refuseStreamAlone(stream);
                flags.refuseAbsent(view, access, application);
                new Pauses(table).change(seen -> seen.allOrNull() == null ? seen.withAll(note) : seen);
                terminal.line(application + " is paused");
            } else {
                LeaseKey lease = new LeaseChoice(shard, stream)
                        .one(view, flags, access, application)
                        .key();
                new Pauses(table).change(seen -> seen.leases().containsKey(lease) ? seen : seen.with(lease, note));
                terminal.line(lease + " is paused");
            }
        }
        return CommandFailure.OK;
    }

    static void refuseStreamAlone(@Nullable String stream) {
        if (stream != null) {
            throw CommandFailure.usage("--stream says which SHARD is meant, and there is none");
        }
    }
}
