package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command without a subcommand: knows its subcommands, shows them, and has the flags that all of them take. */
@Command(
        name = "millrace",
        description = "Sharded streams that speak the Amazon Kinesis protocol, and workers that share their shards.",
        footer = {
            "",
            "Endpoints, region and credentials come from the standard AWS environment variables and profiles"
                    + " (AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL_DYNAMODB, AWS_REGION, AWS_PROFILE ...)."
                    + " Without any of them every command uses `millrace server` on this machine.",
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong command line, 141 nobody reads the output any more."
        },
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
final class MillraceCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Log more on standard error; -vv and -vvv still more.")
    private boolean[] verbose = {};

    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version.")
    private boolean version;

    /** True when only the version is asked for; picocli then runs no command. */
    boolean versionAsked() {
        return version;
    }

    /** True when only help is asked for; picocli then runs no command. */
    boolean helpAsked() {
        return help;
    }

    /** How often {@code -v} was given. */
    int verbosity() {
        return verbose.length;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandFailure.USAGE;
    }
}
