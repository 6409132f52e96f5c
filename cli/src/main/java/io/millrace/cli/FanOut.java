package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;

/** The flag that is promised but not there yet. */
final class FanOut {
    private FanOut() {}

    static void refuse(boolean asked) {
        if (asked) {
            throw CommandFailure.usage("--fan-out comes with a later release; without it records are polled");
        }
    }
}
