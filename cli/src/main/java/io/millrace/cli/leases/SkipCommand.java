package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.services.HostName;
import io.millrace.fanout.kinesis.KinesisStreams;
import io.millrace.lease.admin.PlanNews;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.model.SequenceNumber;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace skip APP SHARD --to SEQUENCE}: gets records out of the way that cannot be processed. */
@Command(
        name = "skip",
        description = {
            "Skip the records of one shard up to and including one, because they cannot be processed.",
            "Workers may live: the lease's owner loses it within a second, and whoever takes it next begins behind the records."
                    + " They are shown first, by count and time, never by content.",
            "The records stay in the stream. Who skipped what stays in the lease table, see `millrace leases APP --why`."
        })
public final class SkipCommand implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(SkipCommand.class);

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(index = "0", paramLabel = "APP", description = "The application.")
    private String application;

    @Parameters(index = "1", paramLabel = "SHARD", description = "The shard, by its id or as STREAM/ID.")
    private String shard;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--to",
            required = true,
            paramLabel = "SEQUENCE",
            description =
                    "The sequence number of the last record that is skipped. An aggregate is skipped whole, or up to"
                            + " the record of a sub-sequence number, SEQUENCE/SUB.")
    private String to;

    @Option(
            names = "--stream",
            paramLabel = "NAME",
            description = "The shard's stream, where several have a shard of that id.")
    private @Nullable String stream;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    /** Made by the command line. */
    public SkipCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        int middle = to.indexOf('/');
        SequenceNumber target = number(middle < 0 ? to : to.substring(0, middle));
        OptionalLong within = middle < 0 ? OptionalLong.empty() : within(to.substring(middle + 1));
        try (DynamoDbAsyncClient client = access.dynamoDb();
                KinesisAsyncClient kinesis = access.kinesis()) {
            LeaseTable table = flags.of(client, application);
            TableView view = new TableView(table, platform.ticker(), flags.failover);
            LeaseChoice choice = new LeaseChoice(shard, stream);
            view.refuseUnreadable(row -> row.lease().filter(choice::has).isPresent());
            LeaseRow lease = choice.one(view, flags, access, application);
            view.refuseUnfinished();
            Skip skip = new Skip(table, new KinesisStreams(kinesis), target, within);
            Skip.Plan plan = skip.plan(lease);
            plan.lines().forEach(terminal::line);
            if (!yes && !confirmed()) {
                throw CommandFailure.failed("not confirmed, nothing was changed; answer yes, or use --yes");
            }
            String by = System.getProperty("user.name", "somebody") + "@" + HostName.get();
            String line = skip.run(plan, by, platform.clock().instant().truncatedTo(ChronoUnit.SECONDS));
            log.warn("Records of {} in application {} skipped {}", lease.key(), application, line);
            PlanNews.ring(table, "records skipped").join();
            terminal.line("skipped " + plan.counted() + "; whoever takes the lease begins behind them");
        }
        return CommandFailure.OK;
    }

    private static SequenceNumber number(String text) {
        try {
            return SequenceNumber.parse(text);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    private static OptionalLong within(String text) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(text));
        } catch (NumberFormatException e) {
            throw CommandFailure.usage("'" + text + "' is no place within an aggregate, such as 3 in --to SEQUENCE/3");
        }
    }

    private boolean confirmed() {
        terminal.note("Skip them for good? [yes/no]");
        try {
            String answer = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            return answer != null && List.of("y", "yes").contains(answer.strip().toLowerCase(Locale.ROOT));
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }
}
