package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A span of arrival times, and what the function has gathered of its records so far.
 *
 * @param start the first instant of it
 * @param end the first instant after it
 * @param state what the function answered last; {@code {}} at its first call for the window
 * @param isFinal true in the last call for the window, which has no records
 * @param isTerminatedEarly true in a last call that comes because the state has grown beyond its bound. The records that
 *     are left of the same time come with a fresh state
 */
public record TumblingWindow(Instant start, Instant end, String state, boolean isFinal, boolean isTerminatedEarly) {
    /** Checks the parts. */
    public TumblingWindow {
        requireNonNull(start, "start");
        requireNonNull(end, "end");
        requireNonNull(state, "state");
    }

    /** Tells nothing of the state. */
    @Override
    public String toString() {
        return "TumblingWindow[" + start + " to " + end + (isFinal ? ", final" : "")
                + (isTerminatedEarly ? ", terminated early" : "") + "]";
    }
}
