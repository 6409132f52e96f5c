package io.millrace.cli.leases;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.ShownLine;
import io.millrace.cli.terminal.Terminal;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/** {@code millrace leases APP}: who owns which shard, how far it is, and why. */
@Command(
        name = "leases",
        description = {
            "Show who owns which shard of an application, how each gets on, and what is wrong, with the cause.",
            "Without APP list the applications that the table has, with their workers, shards and streams.",
            "Heartbeats are watched for a moment first, up to three tenths of --failover."
        },
        subcommands = {
            PauseCommand.class,
            ResumeCommand.class,
            ResetCommand.class,
            DeleteCommand.class,
            ImportCommand.class,
            ExportCommand.class
        })
public final class LeasesCommand implements Callable<Integer> {
    private static final Duration REDRAW = Duration.ofSeconds(1);

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "APP",
            arity = "0..1",
            description = "The application. Without it the applications of the table are listed.")
    private @Nullable String application;

    @Mixin
    private TableFlags flags = new TableFlags();

    @Option(
            names = "--watch",
            description = "Show it again each second until interrupted: in place on a terminal, else line after line.")
    private boolean watch;

    @Option(
            names = "--json",
            description =
                    "Print one JSON document: leader, workers, streams, leases; with --watch one a line each second;"
                            + " without APP one object a line for each application.")
    private boolean json;

    @Option(
            names = "--why",
            description =
                    "Show why each lease is where it is, by what the leader decided, why it does not move if it does"
                            + " not, and what was skipped of it.")
    private boolean why;

    /** Made by the command line. */
    public LeasesCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() {
        String app = application;
        if (app == null) {
            return listApplications();
        }
        if (json && why) {
            throw new ParameterException(spec.commandLine(), "--json tells why as well, leave out --why");
        }
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            TableView view = flags.view(client, app, platform.ticker());
            Snapshot snapshot =
                    told(view.lookAWhile(flags.failover.multipliedBy(3).dividedBy(10)), view);
            if (snapshot.isEmpty()) {
                throw flags.absent(view, access, "there is no application '" + app + "'");
            }
            show(app, snapshot);
            while (watch) {
                Pause.of(REDRAW);
                show(app, told(view.look(), view));
            }
        }
        return CommandFailure.OK;
    }

    private Snapshot told(Snapshot snapshot, TableView view) {
        return snapshot.told(view.told(), view.pauses(), platform.clock().instant());
    }

    private int listApplications() {
        if (watch || why) {
            throw new ParameterException(spec.commandLine(), "the application is missing; without one they are listed");
        }
        try (DynamoDbAsyncClient client = access.dynamoDb()) {
            Applications applications = Applications.in(client, flags.table).orElseThrow(() -> flags.noTable(access));
            if (json) {
                applications.json().forEach(one -> terminal.line(one.toString()));
            } else if (applications.isEmpty()) {
                terminal.note("millrace: there is no application in table '" + flags.table + "'");
            } else {
                terminal.line(String.join("\n", wrapped(applications.lines())));
            }
        }
        return CommandFailure.OK;
    }

    /** Lines end at the edge of a terminal; piped ones stay whole. */
    private List<String> wrapped(List<String> lines) {
        return terminal.outIsTerminal() ? terminal.size().wrap(lines) : lines;
    }

    private void show(String app, Snapshot snapshot) {
        if (json) {
            terminal.line(LeaseJson.document(app, flags.table, snapshot).toString());
            return;
        }
        List<ShownLine> lines =
                new ArrayList<>(why ? new LeaseReasons(snapshot).lines() : LeaseReport.lines(app, snapshot));
        lines.addAll(
                Math.min(1, lines.size()),
                LeaseReport.unreadable(snapshot).stream().map(ShownLine::wrong).toList());
        if (watch && terminal.outIsTerminal() && terminal.errIsTerminal()) {
            terminal.paintedScreen(LeaseReport.fit(wrappedLines(lines), terminal.size()));
            return;
        }
        if (watch) {
            lines.add(ShownLine.plain(""));
        }
        terminal.lines(wrappedLines(lines));
    }

    private List<ShownLine> wrappedLines(List<ShownLine> lines) {
        return lines.stream()
                .flatMap(
                        line -> wrapped(List.of(line.text())).stream().map(text -> new ShownLine(text, line.isWrong())))
                .toList();
    }
}
