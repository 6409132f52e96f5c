package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.PauseRow;
import io.millrace.runtime.SystemPlatform;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace leases resume APP [SHARD]}: ends a pause. */
@Command(
        name = "resume",
        description = {
            "End the pause of one shard, or of an application with all its shards.",
            "Workers hear of it within a second and go on where they stood."
        })
public final class ResumeCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;

    @Parameters(index = "0", paramLabel = "APP", description = "The application.")
    private String application;

    @Parameters(
            index = "1",
            paramLabel = "SHARD",
            arity = "0..1",
            description = "One shard, by its id or as STREAM/ID. Without it all that is paused.")
    private @Nullable String shard;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "The shard's stream, where several have a shard of that id.")
    private @Nullable String stream;

    /** Made by the command line. */
    public ResumeCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            LeaseTable table = flags.of(client, application);
            TableView view = new TableView(table, new SystemPlatform().ticker(), flags.failover);
            if (shard == null) {
                PauseCommand.refuseStreamAlone(stream);
                flags.refuseAbsent(view, access, application);
                new Pauses(table).change(PauseRow::withoutAny);
                terminal.line(application + " goes on");
            } else {
                LeaseKey lease = new LeaseChoice(shard, stream)
                        .one(view, flags, access, application)
                        .key();
                Pauses pauses = new Pauses(table);
                if (pauses.read().allOrNull() != null) {
                    throw CommandFailure.failed("the whole application is paused, nothing was changed; resume it, and"
                            + " pause the shards that shall stand still");
                }
                pauses.change(seen -> seen.without(lease));
                terminal.line(lease + " goes on");
            }
        }
        return CommandFailure.OK;
    }
}
