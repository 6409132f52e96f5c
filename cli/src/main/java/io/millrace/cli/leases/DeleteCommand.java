package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.StreamName;
import io.millrace.runtime.SystemPlatform;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace leases delete APP}: forgets what an application has read. */
@Command(
        name = "delete",
        description = {
            "Delete an application's rows, checkpoints included: its workers then start as if for the first time.",
            "All its workers must be stopped, there is no --force: a worker that lives could not tell new rows from those"
                    + " it had. One that breaks off lets no worker start; run it again to its end."
        })
public final class DeleteCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;

    @Parameters(paramLabel = "APP", description = "The application.")
    private String application;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "Only the rows of this stream. Without it all of the application's.")
    private @Nullable String stream;

    /** Made by the command line. */
    public DeleteCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        Optional<StreamName> only = Optional.ofNullable(stream).map(DeleteCommand::name);
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            LeaseTable table = flags.of(client, application);
            TableView view = new TableView(table, new SystemPlatform().ticker(), flags.failover);
            if (!new Deletion(table, view, only, terminal::line).run()) {
                String rows = "rows" + only.map(name -> " of stream " + name).orElse("");
                throw flags.absent(view, access, "application '" + application + "' has no " + rows);
            }
        }
        return CommandFailure.OK;
    }

    private static StreamName name(String text) {
        try {
            return new StreamName(text);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }
}
