package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace leases reset APP}: moves checkpoints by hand. */
@Command(
        name = "reset",
        description = {
            "Set where an application goes on reading: one shard, or all of them.",
            "With --all and anything but latest, finished shards are read again too, as far as the stream still has them."
        })
public final class ResetCommand implements Callable<Integer> {
    private static final WorkerId TOOL = new WorkerId("leases-reset", "tool");

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(paramLabel = "APP", description = "The application.")
    private String application;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "trim_horizon|latest|ISO-TIME|SEQUENCE",
            description = "The oldest record, what is put from now on, a time such as 2026-11-21T08:30:00Z, or, with"
                    + " --shard, the sequence number of the last processed record.")
    private String to;

    @Option(names = "--shard", paramLabel = "S", description = "This shard only: its id, or STREAM/ID.")
    private @Nullable String shard;

    @Option(names = "--all", description = "All shards of the application.")
    private boolean all;

    @Option(
            names = "--force",
            description =
                    "Also while workers live: they lose the leases at their next write and take them again at the new"
                            + " position; what they have in hand may be processed twice.")
    private boolean force;

    /** Made by the command line. */
    public ResetCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        if (all == (shard != null)) {
            throw CommandFailure.usage("give either --shard S or --all");
        }
        Checkpoint target = target();
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            LeaseTable table = flags.of(client, application);
            List<LeaseRow> chosen =
                    table.listLeases().join().stream().filter(this::isChosen).toList();
            if (chosen.isEmpty()) {
                throw CommandFailure.failed("application '" + application + "' has no "
                        + (shard == null ? "leases" : "lease of " + shard) + " in table '" + flags.table + "'");
            }
            long streams = chosen.stream()
                    .map(lease -> lease.key().stream())
                    .distinct()
                    .count();
            if (shard != null && streams > 1) {
                throw CommandFailure.usage("several streams have a shard " + shard + ", say --shard STREAM/" + shard);
            }
            if (!force) {
                new TableView(table, platform.ticker())
                        .refuseWhileWorkersLive(flags.failover, "stop them first, or use --force");
            }
            if (all && target instanceof Checkpoint.NotStarted start) {
                pinAnew(table, start.position());
            }
            // Read again: what counts is what is there once the workers are known to be gone.
            table.listLeases().join().stream().filter(this::isChosen).forEach(lease -> reset(table, lease, target));
        }
        return CommandFailure.OK;
    }

    /** Shards that have no lease yet begin there too. */
    private static void pinAnew(LeaseTable table, Position.Initial position) {
        for (StreamRow stream : table.listControlRows().join().streams()) {
            StreamRow anew =
                    new StreamRow(stream.name(), stream.revision(), stream.identity(), position, stream.synced());
            if (!table.put(anew).join().isApplied()) {
                throw CommandFailure.failed("the row of stream " + stream.name() + " was just changed; try again");
            }
        }
    }

    private void reset(LeaseTable table, LeaseRow lease, Checkpoint target) {
        if (all && lease.isFinished() && to.equalsIgnoreCase("latest")) {
            return;
        }
        // Under the next epoch, so that whoever had the lease learns at its next write that it has it no more.
        LeaseRow moved = lease.takenBy(TOOL).released().withCheckpoint(target);
        if (!table.put(moved).join().isApplied()) {
            throw CommandFailure.failed(
                    "lease " + lease.key() + " was just changed by somebody; those before it are reset, try again");
        }
        terminal.line(lease.key() + ": " + LeaseReport.text(lease.checkpoint()) + " -> " + LeaseReport.text(target));
    }

    private boolean isChosen(LeaseRow lease) {
        return shard == null
                || lease.key().toString().equals(shard)
                || lease.key().shard().value().equals(shard);
    }

    private Checkpoint target() {
        if (to.matches("[0-9]{5,}")) {
            if (all) {
                throw CommandFailure.usage("a sequence number is of one shard: use --shard");
            }
            try {
                return Checkpoint.processed(RecordPosition.of(SequenceNumber.parse(to)));
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage(String.valueOf(e.getMessage()));
            }
        }
        try {
            Position.Initial position = new StartPosition().convert(to);
            // LATEST is the moment of this command: read later as it stands, it would skip what came until then.
            return Checkpoint.notStarted(
                    position instanceof Position.Latest
                            ? new Position.AtTimestamp(platform.clock().instant())
                            : position);
        } catch (TypeConversionException e) {
            throw CommandFailure.usage(e.getMessage() + ", nor a sequence number");
        }
    }
}
