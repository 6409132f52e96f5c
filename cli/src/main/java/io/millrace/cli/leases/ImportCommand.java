package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.KinesisStreams;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.WorkerId;
import io.millrace.lease.kcl.KclSnapshot;
import io.millrace.lease.kcl.KclStream;
import io.millrace.lease.kcl.KclTable;
import io.millrace.lease.kcl.KclTranslation;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.TableUnavailableException;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace leases import APP}: goes on where an application of the KCL stopped. */
@Command(
        name = "import",
        description = {
            "Take over the leases and checkpoints of a stopped application of the KCL, versions 1.x to 3.5.",
            "Its table is only read. Refuses while anything in it moves."
        })
public final class ImportCommand implements Callable<Integer> {
    private static final WorkerId TOOL = new WorkerId("leases-import", "tool");

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(paramLabel = "APP", description = "The application that takes over.")
    private String application;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--from-kcl-table",
            required = true,
            paramLabel = "T",
            description = "The KCL's lease table; it is named like the KCL's application unless that was changed.")
    private String kclTable;

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "The stream, which a table of a single one does not name.")
    private @Nullable String stream;

    @Option(
            names = "--at-timestamp",
            paramLabel = "ISO-TIME",
            converter = StartPosition.class,
            description = "Where the KCL was configured to begin, for rows that say AT_TIMESTAMP only.")
    private Position.@Nullable Initial atTimestamp;

    @Option(names = "--overwrite", description = "Replace leases that the application has already.")
    private boolean overwrite;

    @Option(names = "--dry-run", description = "Show what would be done, and check that it could be; change nothing.")
    private boolean dryRun;

    /** Made by the command line. */
    public ImportCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        try (DynamoDbAsyncClient client = access.dynamoDb();
                KinesisAsyncClient kinesis = access.kinesis()) {
            KclSnapshot source = KclFlags.still(new KclTable(client, kclTable), flags.failover, platform.ticker())
                    .filter(table -> !table.leases().isEmpty())
                    .orElseThrow(() -> CommandFailure.failed("there are no leases in a table '" + kclTable + "'"));
            Map<String, KclStream> streams = streams(source, new KinesisStreams(kinesis));
            KclTranslation.Imported imported = KclTranslation.toLeases(source, streams, moments());
            imported.notes().forEach(note -> terminal.note("millrace: " + note));
            LeaseTable table = flags.of(client, application);
            if (!dryRun) {
                KclFlags.await(() -> table.ensureTable().join());
                new TableView(table, platform.ticker())
                        .refuseWhileWorkersLive(flags.failover, "stop them before the import");
            }
            write(table, imported.leases(), streams.values());
        }
        return CommandFailure.OK;
    }

    private void write(LeaseTable table, List<LeaseRow> leases, Collection<KclStream> streams) {
        Map<LeaseKey, LeaseRow> present = new TreeMap<>();
        Map<StreamName, StreamRow> pinned = new TreeMap<>();
        boolean tableExists = dryRun ? exists(table, present) : fill(table, present);
        if (tableExists) {
            table.listControlRows().join().streams().forEach(row -> pinned.put(row.name(), row));
        }
        List<LeaseRow> writes = new ArrayList<>();
        for (LeaseRow lease : leases) {
            LeaseRow before = present.get(lease.key());
            if (before != null && !overwrite) {
                throw CommandFailure.failed("application '" + application + "' has a lease of " + lease.key()
                        + " already, nothing was changed; with --overwrite its checkpoint is replaced");
            }
            writes.add(before == null ? lease : replaced(before, lease));
        }
        for (KclStream found : streams) {
            StreamRow before = pinned.get(found.name());
            if (before != null && !before.identity().equals(found.identity())) {
                throw CommandFailure.failed("stream " + found.name()
                        + " is not the one that the application has read before; nothing was changed");
            }
            if (before == null && !dryRun) {
                // Synced, because there are leases: a shard without one is read from its beginning, unless a descendant
                // has
                // one.
                StreamRow row = new StreamRow(found.name(), 0, found.identity(), Position.trimHorizon(), true);
                require(table.put(row).join().isApplied(), "the row of stream " + found.name());
            }
        }
        for (LeaseRow lease : writes) {
            if (!dryRun) {
                require(table.put(lease).join().isApplied(), "lease " + lease.key());
            }
            terminal.line((dryRun ? "would import " : "imported ") + lease.key() + " at "
                    + LeaseReport.text(lease.checkpoint()));
        }
    }

    private static LeaseRow replaced(LeaseRow before, LeaseRow lease) {
        LeaseRow taken = before.takenBy(TOOL).released();
        return lease.isFinished()
                ? taken.finished(lease.lineage().children())
                : taken.withCheckpoint(lease.checkpoint());
    }

    private static boolean fill(LeaseTable table, Map<LeaseKey, LeaseRow> present) {
        table.listLeases().join().forEach(lease -> present.put(lease.key(), lease));
        return true;
    }

    /** A dry run makes no table. */
    private static boolean exists(LeaseTable table, Map<LeaseKey, LeaseRow> present) {
        try {
            return fill(table, present);
        } catch (CompletionException missing) {
            if (missing.getCause() instanceof TableUnavailableException gone
                    && gone.getCause() instanceof ResourceNotFoundException) {
                return false;
            }
            throw missing;
        }
    }

    private static void require(boolean applied, String what) {
        if (!applied) {
            throw CommandFailure.failed(what + " was just changed by somebody; run the import again with --overwrite");
        }
    }

    private KclTranslation.Moments moments() {
        Optional<Instant> at =
                atTimestamp instanceof Position.AtTimestamp time ? Optional.of(time.time()) : Optional.empty();
        if (atTimestamp != null && at.isEmpty()) {
            throw CommandFailure.usage("--at-timestamp is a time like 2026-11-21T08:30:00Z");
        }
        return new KclTranslation.Moments(platform.clock().instant(), at);
    }

    private Map<String, KclStream> streams(KclSnapshot source, KinesisStreams service) {
        Map<String, KclStream> found = new TreeMap<>();
        if (KclTranslation.isMultiStream(source)) {
            if (stream != null) {
                throw CommandFailure.usage("the table names its streams itself, leave out --stream");
            }
            Set<StreamName> names = KclTranslation.streams(source);
            names.forEach(name -> {
                KclStream read = read(name, service);
                found.put(read.serialized(), read);
            });
        } else {
            if (stream == null) {
                throw CommandFailure.usage(
                        "the table is of a single stream, which it does not name: add --stream NAME");
            }
            found.put("", read(name(stream), service));
        }
        return found;
    }

    private static StreamName name(String text) {
        try {
            return new StreamName(text);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static KclStream read(StreamName name, KinesisStreams service) {
        StreamIdentity identity = service.describe(name)
                .join()
                .map(it -> new StreamIdentity(it.arn(), it.created()))
                .orElseThrow(() -> CommandFailure.failed("there is no stream " + name));
        return new KclStream(name, identity, service.shards(name).join().orElseThrow());
    }
}
