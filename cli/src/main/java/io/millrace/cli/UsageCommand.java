package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code millrace help}: what {@code --help} shows, of the whole or of one command. Picocli's own has a {@code -h} that
 * collides with ours.
 */
@Command(name = "help", description = "Show this help, or that of a command.")
final class UsageCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "The command, such as put, or stream create.")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        CommandLine command = spec.parent().commandLine();
        for (String word : words) {
            @Nullable CommandLine next = command.getSubcommands().get(word);
            if (next == null) {
                throw new ParameterException(command, "there is no command '" + word + "'");
            }
            command = next;
        }
        command.usage(spec.commandLine().getOut());
        return CommandFailure.OK;
    }
}
