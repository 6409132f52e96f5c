package io.millrace.cli.leases;

import static java.util.Objects.requireNonNull;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.admin.LeaseReset;
import io.millrace.lease.admin.PlanNews;
import io.millrace.lease.decide.Reset;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.Shard;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
            paramLabel = "trim_horizon|latest|ISO-TIME|SEQUENCE[/SUB]",
            description = "The oldest record, what is put from now on, a time such as 2026-11-21T08:30:00Z, or, with"
                    + " --shard, the sequence number of the last processed record; with the sub-sequence number after a"
                    + " slash if that is in an aggregate, and not its first.")
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
        Target target = target();
        try (DynamoDbAsyncClient client = access.dynamoDb();
                KinesisAsyncClient kinesis = access.kinesis()) {
            KinesisStreams service = new KinesisStreams(kinesis);
            LeaseTable table = flags.of(client, application);
            TableView view = new TableView(table, platform.ticker(), flags.failover);
            view.refuseUnreadable(
                    row -> all || row.lease().filter(this::isChosen).isPresent());
            refuseWhatIsNotThere(view);
            view.refuseUnfinished();
            Set<WorkerId> gone = Set.of();
            if (!force) {
                view.refuseWhileWorkersLive("stop them first, or use --force");
                gone = view.still();
            }
            if (all) {
                resetAll(table, view, service, target, gone);
            } else {
                LeaseReset reset = new LeaseReset(table, gone);
                List<LeaseRow> leases = view.leases();
                for (LeaseRow lease : leases.stream().filter(this::isChosen).toList()) {
                    Checkpoint to = checkpoint(target, lease.key().stream(), service);
                    write(reset, lease.movedTo(to, Reset.place(lease, leases)), Optional.of(lease));
                }
            }
            PlanNews.ring(table, "leases reset").join();
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

    private void resetAll(LeaseTable table, TableView view, KinesisStreams service, Target target, Set<WorkerId> gone) {
        for (StreamRow stream : view.control().streams()) {
            Optional<Position.Initial> from = from(target, stream.name(), service);
            Optional<List<Shard>> shards = from.flatMap(start -> shards(target, start, stream.name(), service));
            if (from.isEmpty() || shards.isEmpty()) {
                terminal.note("millrace: left as it is, there is no stream " + stream.name() + " any more");
                continue;
            }
            LeaseReset reset = new LeaseReset(table, gone);
            List<LeaseRow> leases = view.leases();
            Reset.changes(stream.name(), from.get(), target.isLatest(), shards.get(), leases)
                    .forEach(change -> write(
                            reset,
                            change,
                            leases.stream()
                                    .filter(lease -> lease.key().equals(change.key()))
                                    .findFirst()));
        }
    }

    /** A shard that is closed between the moment of LATEST and the list may hold records of after the moment. */
    private static Optional<List<Shard>> shards(
            Target target, Position.Initial from, StreamName stream, KinesisStreams service) {
        return target.isLatest() && from instanceof Position.AtTimestamp moment
                ? service.shardsSince(stream, moment.time()).join()
                : service.shards(stream).join();
    }

    private static Checkpoint checkpoint(Target target, StreamName stream, KinesisStreams service) {
        Checkpoint last = target.last();
        return last != null
                ? last
                : Checkpoint.notStarted(from(target, stream, service)
                        .orElseThrow(() -> CommandFailure.failed("there is no stream " + stream + " any more")));
    }

    /** The position as leases hold it: LATEST is the moment of this command, for read later it would skip records. */
    private static Optional<Position.Initial> from(Target target, StreamName stream, KinesisStreams service) {
        Position.Initial position = requireNonNull(target.position());
        if (target.isLatest()) {
            return ServiceClock.now(service, stream).map(Position.AtTimestamp::new);
        }
        ServiceClock.refuseFuture(position, service, stream);
        return Optional.of(position);
    }

    private void write(LeaseReset reset, LeaseRow change, Optional<LeaseRow> seen) {
        if (!(reset.run(change, seen).join() instanceof LeaseReset.Outcome.Moved moved)) {
            throw CommandFailure.failed(
                    "lease " + change.key()
                            + " was just changed by somebody, or cannot be read; those before it are reset, look at it and try again");
        }
        terminal.line(change.key() + ": "
                + moved.before()
                        .map(LeaseRow::checkpoint)
                        .map(LeaseReport::text)
                        .orElse("no lease") + " -> "
                + LeaseReport.text(change.checkpoint()));
    }

    private boolean isChosen(LeaseRow lease) {
        return isChosen(lease.key());
    }

    private boolean isChosen(LeaseKey lease) {
        return shard == null
                || lease.toString().equals(shard)
                || lease.shard().value().equals(shard);
    }

    /**
     * Where to go on.
     *
     * @param position an initial position; absent with {@code last}
     * @param last the last record that counts as processed; absent with {@code position}
     */
    private record Target(
            Position.@Nullable Initial position, @Nullable Checkpoint last) {
        boolean isLatest() {
            return position instanceof Position.Latest;
        }
    }

    /** As reports write it: the sequence number, and the place within an aggregate where that is not 0. */
    private static RecordPosition position(String text) {
        String[] parts = text.split("/", -1);
        return new RecordPosition(SequenceNumber.parse(parts[0]), parts.length == 1 ? 0 : Long.parseLong(parts[1]));
    }

    private Target target() {
        if (to.matches("[0-9]{5,}(/[0-9]{1,9})?")) {
            if (all) {
                throw CommandFailure.usage("a sequence number is of one shard: use --shard");
            }
            try {
                return new Target(null, Checkpoint.processed(position(to)));
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage(String.valueOf(e.getMessage()));
            }
        }
        try {
            return new Target(new StartPosition().convert(to), null);
        } catch (TypeConversionException e) {
            throw CommandFailure.usage(e.getMessage() + ", nor a sequence number");
        }
    }
}
