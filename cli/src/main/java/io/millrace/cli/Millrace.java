package io.millrace.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.millrace.cli.demo.DemoCommand;
import io.millrace.cli.demo.DemoWorkerCommand;
import io.millrace.cli.demo.RehearsalCommand;
import io.millrace.cli.leases.LeasesCommand;
import io.millrace.cli.leases.SkipCommand;
import io.millrace.cli.letters.LettersCommand;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.Terminal;
import java.util.List;
import java.util.Set;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the {@code millrace} command begins: reads the command line, runs a command and turns its end into an exit code. */
public final class Millrace {
    /** All of them, in the order in which help shows them. */
    private static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            DemoWorkerCommand.class,
            RehearsalCommand.class,
            ServerCommand.class,
            StreamCommand.class,
            PutCommand.class,
            TailCommand.class,
            ConsumeCommand.class,
            LeasesCommand.class,
            LettersCommand.class,
            SkipCommand.class,
            EnvCommand.class,
            DaemonCommand.class,
            UsageCommand.class);

    /** Those that start a server, which an installation may lack: the wheel of the daemon has none. */
    private static final Set<Class<?>> WITH_SERVER =
            Set.of(DemoCommand.class, DemoWorkerCommand.class, RehearsalCommand.class, ServerCommand.class);

    private final Terminal terminal;
    private final AwsAccess access;
    private final ErrorLine errors;

    /** Works with this terminal and the settings of the process. */
    Millrace(Terminal terminal) {
        this.terminal = terminal;
        this.access = AwsAccess.of(terminal);
        this.errors = new ErrorLine(access);
    }

    /** Ends the process with 0 when all went well, 1 when the command failed, 2 when the command line was wrong. */
    public static void main(String[] args) {
        System.exit(run(Terminal.ofProcess(), args));
    }

    /**
     * Runs one command in this process.
     *
     * @param terminal where its output goes; what it reads is the standard input of the process
     * @return its exit code, as {@link #main} describes
     */
    public static int run(Terminal terminal, String... args) {
        return new Millrace(terminal).commands().execute(args);
    }

    /** All commands, ready to be executed. */
    CommandLine commands() {
        CommandFactory factory = new CommandFactory(terminal, access);
        CommandLine commands = new CommandLine(new MillraceCommand(), factory);
        boolean hasServer = Millrace.class.getResource("/io/millrace/streamcore/StreamServer.class") != null;
        COMMANDS.stream()
                .filter(command -> hasServer || !WITH_SERVER.contains(command))
                .forEach(command -> commands.addSubcommand(new CommandLine(command, factory)));
        return commands.setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(parsed -> {
                    refuseUnknown(parsed);
                    setVerbosity(parsed.commandSpec().userObject());
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setParameterExceptionHandler((error, unused) -> refuse(error))
                .setExecutionExceptionHandler((error, command, unused) -> fail(error, command));
    }

    /** With --help or --version picocli overlooks them. */
    private static void refuseUnknown(ParseResult parsed) {
        for (CommandLine command : parsed.asCommandLineList()) {
            List<String> unknown = command.getParseResult().unmatched();
            if (!unknown.isEmpty()
                    && command.getCommandSpec().unmatchedArgsBindings().isEmpty()) {
                throw new UnmatchedArgumentException(command, unknown);
            }
        }
    }

    private static void setVerbosity(Object rootCommand) {
        int verbosity = ((MillraceCommand) rootCommand).verbosity();
        if (verbosity > 0) {
            logger("io.millrace").setLevel(verbosity == 1 ? Level.INFO : Level.DEBUG);
            logger(Logger.ROOT_LOGGER_NAME).setLevel(verbosity > 2 ? Level.DEBUG : Level.INFO);
            logger("io.millrace.multilang").setLevel(null);
            logger("io.netty").setLevel(null);
            logger("software.amazon.awssdk").setLevel(null);
        }
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    private int refuse(ParameterException error) {
        String command = error.getCommandLine().getCommandSpec().qualifiedName();
        terminal.note(command + ": " + errors.of(error) + " (try: " + command + " --help)");
        return CommandFailure.USAGE;
    }

    private int fail(Exception error, CommandLine command) {
        if (CommandFailure.isOutputClosed(error)) {
            return CommandFailure.OUTPUT_CLOSED;
        }
        terminal.note(command.getCommandSpec().qualifiedName() + ": " + errors.of(error));
        LoggerFactory.getLogger(Millrace.class).info("The command failed", error);
        return ErrorLine.exitCode(error);
    }
}
