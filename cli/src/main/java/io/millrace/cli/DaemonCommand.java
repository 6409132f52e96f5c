package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code millrace daemon}: promised, not there yet. */
@Command(name = "daemon", description = "Run record processors written in other languages; comes with a later version.")
final class DaemonCommand implements Callable<Integer> {
    /** Whatever it is given. */
    @Unmatched
    private List<String> ignored = new ArrayList<>();

    @Override
    public Integer call() {
        throw CommandFailure.usage("this command comes with a later version");
    }
}
