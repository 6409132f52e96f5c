package io.millrace.consumer.watch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that a shard's consumer waits for.
 *
 * @param what in a few words
 * @param tick since when, on the monotonic clock
 * @param callOrNull the call of the user's code, if it is one
 */
public record ShardWait(String what, long tick, @Nullable RunningCall callOrNull) {
    private static final int MOST_FRAMES = 24;
    private static final String ENTRY = "io.millrace.consumer.shard.";

    /** What is waited for as of now: a call that has not begun waits for a thread. */
    public String spoken() {
        return callOrNull == null || callOrNull.hasBegun() ? what : "a thread for " + what;
    }

    /** What the call's thread is at, from the innermost frame to the entry of the user's code; empty if it does not run. */
    public List<String> stack() {
        if (callOrNull == null) {
            return List.of();
        }
        return callOrNull.stack().stream()
                .takeWhile(frame -> !frame.getClassName().startsWith(ENTRY))
                .limit(MOST_FRAMES)
                .map(StackTraceElement::toString)
                .toList();
    }

    /** The innermost frame that is the user's, after a blank; empty if there is none. */
    public String place() {
        if (callOrNull == null) {
            return "";
        }
        List<String> users = ErrorTrace.usersFrames(callOrNull.stack().toArray(StackTraceElement[]::new));
        return users.isEmpty() ? "" : " at " + users.get(0);
    }
}
