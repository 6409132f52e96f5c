package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code millrace leases}: promised, not there yet. */
@Command(
        name = "leases",
        description = "Show and change who owns which shard of an application; comes with a later version.")
final class LeasesCommand implements Callable<Integer> {
    /** Whatever it is given. */
    @Unmatched
    private List<String> ignored = new ArrayList<>();

    @Override
    public Integer call() {
        throw CommandFailure.usage("this command comes with a later version");
    }
}
