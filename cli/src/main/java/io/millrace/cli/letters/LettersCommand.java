package io.millrace.cli.letters;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code millrace letters ...}: records that processors gave up. */
@Command(
        name = "letters",
        description = {
            "Show dead letters, or put their records back.",
            "SOURCE is a file of letters, stream:NAME or stream:ARN, or sqs:QUEUE_URL."
        },
        subcommands = {ShowCommand.class, ReplayCommand.class})
public final class LettersCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    /** Made by the command line. */
    public LettersCommand() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a subcommand is missing: show or replay");
    }
}
