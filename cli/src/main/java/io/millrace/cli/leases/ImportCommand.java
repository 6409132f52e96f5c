package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.StartPosition;
import io.millrace.cli.terminal.Terminal;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.lease.kcl.KclSnapshot;
import io.millrace.lease.kcl.KclStream;
import io.millrace.lease.kcl.KclTable;
import io.millrace.lease.kcl.KclTranslation;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace leases import APP}: goes on where an application of the KCL stopped. */
@Command(
        name = "import",
        description = {
            "Take over the leases and checkpoints of a stopped application of the KCL, versions 1.x to 3.5.",
            "Its table is only read. Refuses while anything in it moves."
        })
public final class ImportCommand implements Callable<Integer> {
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

    @Option(
            names = "--overwrite",
            description = "Replace leases that the application has already. An import that broke off is ended without.")
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
            KinesisStreams service = new KinesisStreams(kinesis);
            Map<String, KclStream> streams = streams(source, service);
            KclTranslation.Imported imported = KclTranslation.toLeases(source, streams, moments(streams, service));
            List<String> notes = new ArrayList<>(imported.notes());
            ShardProbe probe = new ShardProbe(service);
            List<LeaseRow> leases = imported.leases();
            leases.forEach(probe::check);
            LeaseTable table = flags.of(client, application);
            if (!dryRun) {
                KclFlags.await(() -> table.ensureTable().join(), platform.ticker());
            }
            TableView view = new TableView(table, platform.ticker(), flags.failover);
            view.refuseWhileWorkersLive("stop them before the import");
            view.refuseUnfinishedDeletion();
            view.refuseUnreadable(row -> streams.values().stream()
                    .anyMatch(known -> row.stream().filter(known.name()::equals).isPresent()));
            ImportPlan plan = ImportPlan.of(leases, streams.values(), view.control(), view.leases(), overwrite);
            notes.addAll(plan.notes());
            notes.forEach(note -> terminal.note("millrace: " + note));
            plan.kept().forEach(lease -> tell("is there already: ", lease));
            if (dryRun) {
                plan.leases().forEach(lease -> tell("would import ", lease));
            } else {
                write(table, plan);
            }
        }
        return CommandFailure.OK;
    }

    private void write(LeaseTable table, ImportPlan plan) {
        List<StreamRow> barriers = new ArrayList<>();
        for (StreamRow stream : plan.barriers()) {
            boolean stands = table.get(stream.entity()).join().equals(Optional.of(stream));
            if (!stands) {
                require(table, stream, "the row of stream " + stream.name());
            }
            barriers.add(stands ? stream : stream.withRevision(stream.revision() + 1));
        }
        for (LeaseRow lease : plan.leases()) {
            require(table, lease, "lease " + lease.key());
            tell("imported ", lease);
        }
        // Synced, because there are leases: a shard without one is read from its beginning, unless a descendant has
        // one.
        for (StreamRow stream : barriers) {
            boolean hasLeases = Stream.concat(plan.leases().stream(), plan.kept().stream())
                    .anyMatch(lease -> lease.key().stream().equals(stream.name()));
            require(table, stream.afterImport(hasLeases), "the row of stream " + stream.name());
        }
    }

    private void tell(String what, LeaseRow lease) {
        terminal.line(what + lease.key() + " at " + LeaseReport.text(lease.checkpoint()));
    }

    private static void require(LeaseTable table, Row row, String what) {
        if (!table.put(row).join().isApplied()) {
            throw CommandFailure.failed(what + " was just changed by somebody; run the import again to end it");
        }
    }

    /** LATEST of all streams is the earliest of their moments of now: a few milliseconds read twice, and nothing skipped. */
    private KclTranslation.Moments moments(Map<String, KclStream> streams, KinesisStreams service) {
        Optional<Instant> at =
                atTimestamp instanceof Position.AtTimestamp time ? Optional.of(time.time()) : Optional.empty();
        if (atTimestamp != null && at.isEmpty()) {
            throw CommandFailure.usage("--at-timestamp is a time like 2026-11-21T08:30:00Z");
        }
        Instant now = streams.values().stream()
                .map(known -> ServiceClock.now(service, known.name())
                        .orElseThrow(() -> CommandFailure.failed("there is no stream " + known.name())))
                .min(Comparator.naturalOrder())
                .orElseThrow();
        return new KclTranslation.Moments(now, at);
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
