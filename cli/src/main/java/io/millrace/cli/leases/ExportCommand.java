package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.kcl.KclLease;
import io.millrace.lease.kcl.KclSnapshot;
import io.millrace.lease.kcl.KclTable;
import io.millrace.lease.kcl.KclTranslation;
import io.millrace.lease.table.LeaseRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace leases export APP}: lets an application of the KCL go on where ours stopped. */
@Command(
        name = "export",
        description = {
            "Write the leases and checkpoints of a stopped application as the KCL keeps them, versions 1.x to 3.5.",
            "Makes the KCL's table if it is missing. Our own table is only read."
        })
public final class ExportCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(paramLabel = "APP", description = "The application that is handed over.")
    private String application;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(names = "--to-kcl-table", required = true, paramLabel = "T", description = "The KCL's lease table.")
    private String kclTable;

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "Only this stream; by default all, and more than one need --multi-stream.")
    private @Nullable String stream;

    @Option(
            names = "--multi-stream",
            description = "Write keys that name the stream, as the KCL's MultiStreamTracker does.")
    private boolean multiStream;

    @Option(names = "--overwrite", description = "Replace the checkpoints of rows that are there already.")
    private boolean overwrite;

    @Option(names = "--dry-run", description = "Show what would be done, and check that it could be; change nothing.")
    private boolean dryRun;

    /** Made by the command line. */
    public ExportCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        try (DynamoDbAsyncClient client = access.dynamoDb();
                KinesisAsyncClient kinesis = access.kinesis()) {
            TableView view = flags.view(client, application, platform.ticker());
            chosen(view);
            view.refuseUnreadable(row -> stream == null
                    || row.stream().filter(name -> name.value().equals(stream)).isPresent());
            view.refuseUnfinished();
            KclTable table = new KclTable(client, kclTable);
            KclSnapshot there =
                    KclFlags.still(table, flags.failover, platform.ticker()).orElse(KclSnapshot.EMPTY);
            view.refuseWhileWorkersLive("stop them before the export");
            Map<String, KclLease> rows = rows(view, new ShardProbe(new KinesisStreams(kinesis)));
            Map<String, KclLease> before = there.leases();
            List<String> present =
                    rows.keySet().stream().filter(before::containsKey).toList();
            if (!present.isEmpty() && !overwrite) {
                throw CommandFailure.failed("table '" + kclTable + "' has a row '" + present.get(0)
                        + "' already, nothing was changed; with --overwrite its checkpoint is replaced");
            }
            if (!dryRun) {
                KclFlags.await(() -> table.ensureTable().join(), platform.ticker());
            }
            rows.values().forEach(row -> write(table, row, Optional.ofNullable(before.get(row.leaseKey()))));
            before.keySet().stream()
                    .filter(key -> !rows.containsKey(key))
                    .forEach(key -> terminal.note("millrace: left as it is: " + key));
        }
        return CommandFailure.OK;
    }

    private void write(KclTable table, KclLease row, Optional<KclLease> before) {
        if (!dryRun && !table.put(row, before).join()) {
            throw CommandFailure.failed(
                    "the row '" + row.leaseKey() + "' was just changed by somebody; those before it are"
                            + " written: do not start the KCL, run the export again with --overwrite");
        }
        terminal.line((dryRun ? "would export " : "exported ") + row.leaseKey() + " at " + row.checkpoint()
                + (row.subSequence() == 0 ? "" : "/" + row.subSequence()));
    }

    private List<LeaseRow> chosen(TableView view) {
        List<LeaseRow> leases = view.leases().stream()
                .filter(lease -> stream == null || lease.key().stream().value().equals(stream))
                .toList();
        if (leases.isEmpty()) {
            String what = "leases" + (stream == null ? "" : " of stream " + stream);
            throw flags.absent(view, access, "application '" + application + "' has no " + what);
        }
        long streams =
                leases.stream().map(lease -> lease.key().stream()).distinct().count();
        if (streams > 1 && !multiStream) {
            throw CommandFailure.usage("the application has " + streams
                    + " streams: choose one with --stream, or write all with --multi-stream");
        }
        return leases;
    }

    /** Read again: what counts is what is there once the workers are known to be gone. */
    private Map<String, KclLease> rows(TableView view, ShardProbe probe) {
        List<LeaseRow> leases = chosen(view).stream().map(probe::forTheKcl).toList();
        leases.stream()
                .map(LeaseRow::checkpoint)
                .filter(Checkpoint.NotStarted.class::isInstance)
                .map(start -> ((Checkpoint.NotStarted) start).position())
                .filter(Position.AtTimestamp.class::isInstance)
                .map(position -> ((Position.AtTimestamp) position).time())
                .min(Comparator.naturalOrder())
                .ifPresent(this::tellTime);
        Map<StreamName, StreamIdentity> identities = new TreeMap<>();
        view.control().streams().forEach(row -> identities.put(row.name(), row.identity()));
        return KclTranslation.toKcl(leases, identities, multiStream);
    }

    /** The KCL's rows have no place for it. */
    private void tellTime(Instant earliest) {
        terminal.note(
                "millrace: some rows begin AT_TIMESTAMP, and the KCL takes the time from its own configuration: set"
                        + " its initial position to AT_TIMESTAMP " + earliest
                        + " (InitialPositionInStreamExtended.newInitialPositionAtTimestamp) before it starts");
    }
}
