package io.millrace.sim;

import org.jspecify.annotations.Nullable;

/** A simulated run went wrong; the message carries the seed that replays it. */
public final class SimulationError extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimulationError(long seed, String what, @Nullable Throwable cause) {
        super("seed " + seed + ": " + what, cause);
    }
}
