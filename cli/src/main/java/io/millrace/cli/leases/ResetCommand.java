package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.KinesisStreams;
import io.millrace.lease.decide.Reset;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.NewsRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace leases reset APP}: moves checkpoints by hand. */
@Command(
        name = "reset",
        description = {
            "Set where an application goes on reading: one shard, or all of them.",
            "With --all and anything but latest, all that the streams still hold is read again: finished shards too, and"
                    + " those that have no lease."
        })
public final class ResetCommand implements Callable<Integer> {
    /** A lease that its owner is writing is tried again. */
    private static final int ATTEMPTS = 20;

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
                    "Also while workers live: they lose the leases, whatever they save after that fails, and they take"
                            + " them again at the new position; what they have in hand is processed twice.")
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
            TableView view = new TableView(table, platform.ticker(), flags.failover);
            refuseWhatIsNotThere(view);
            view.refuseUnfinished();
            if (!force) {
                view.refuseWhileWorkersLive("stop them first, or use --force");
            }
            if (all && target instanceof Checkpoint.NotStarted start) {
                resetAll(table, view, start.position());
            } else {
                view.leases().stream()
                        .filter(this::isChosen)
                        .forEach(lease -> write(table, lease.movedTo(target, lease.lineage()), Optional.of(lease)));
            }
            wake(table);
        }
        return CommandFailure.OK;
    }

    private void refuseWhatIsNotThere(TableView view) {
        List<LeaseRow> chosen = view.leases().stream().filter(this::isChosen).toList();
        boolean isKnown = all && !view.control().streams().isEmpty();
        if (chosen.isEmpty() && !isKnown) {
            String what = shard == null ? "leases" : "lease of " + shard;
            throw flags.absent(view, access, "application '" + application + "' has no " + what);
        }
        long streams =
                chosen.stream().map(lease -> lease.key().stream()).distinct().count();
        if (shard != null && streams > 1) {
            throw CommandFailure.usage("several streams have a shard " + shard + ", say --shard STREAM/" + shard);
        }
    }

    private void resetAll(LeaseTable table, TableView view, Position.Initial from) {
        try (KinesisAsyncClient kinesis = access.kinesis()) {
            KinesisStreams service = new KinesisStreams(kinesis);
            for (StreamRow stream : view.control().streams()) {
                Optional<List<Shard>> shards = service.shards(stream.name()).join();
                if (shards.isEmpty()) {
                    terminal.note("millrace: left as it is, there is no stream " + stream.name() + " any more");
                    continue;
                }
                List<LeaseRow> leases = view.leases();
                Reset.changes(stream.name(), from, skipsPast(), shards.get(), leases)
                        .forEach(change -> write(
                                table,
                                change,
                                leases.stream()
                                        .filter(lease -> lease.key().equals(change.key()))
                                        .findFirst()));
            }
        }
    }

    /** Under the next epoch, so that whoever had the lease learns at its next write that it has it no more. */
    private void write(LeaseTable table, LeaseRow change, Optional<LeaseRow> before) {
        LeaseRow next = change;
        Optional<LeaseRow> seen = before;
        for (int attempt = 1; true; attempt++) {
            if (!(table.put(next).join() instanceof WriteOutcome.Conflict conflict)) {
                terminal.line(change.key() + ": "
                        + seen.map(LeaseRow::checkpoint).map(LeaseReport::text).orElse("no lease") + " -> "
                        + LeaseReport.text(change.checkpoint()));
                return;
            }
            if (attempt == ATTEMPTS || !(conflict.currentOrNull() instanceof LeaseRow current)) {
                throw CommandFailure.failed("lease " + change.key()
                        + " was just changed by somebody; those before it are reset, try again");
            }
            seen = Optional.of(current);
            next = current.movedTo(change.checkpoint(), change.lineage());
        }
    }

    /** A worker looks at the leases when its plan is new: then it finds out even if it has nothing to write. */
    static void wake(LeaseTable table) {
        for (PlanRow plan : table.listPlans().join()) {
            // A conflict is as good: the leader has just written a plan, after the leases were reset.
            table.put(plan).join();
        }
        boolean told = false;
        while (!told) {
            NewsRow news = new NewsRow(table.listMembers().join().news(), "leases reset");
            told = table.put(news).join().isApplied();
        }
    }

    private boolean isChosen(LeaseRow lease) {
        return shard == null
                || lease.key().toString().equals(shard)
                || lease.key().shard().value().equals(shard);
    }

    private boolean skipsPast() {
        return to.equalsIgnoreCase("latest");
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
            StartPosition.refuseFuture(position, platform.clock().instant());
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
