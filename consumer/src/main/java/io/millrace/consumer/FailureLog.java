package io.millrace.consumer;

import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceTrouble;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What fails at one shard, and since when: reading it, and the user's code. Belongs to the worker's event loop. */
final class FailureLog {
    private @Nullable Failure reading;
    private @Nullable Failure user;
    private int userFailures;

    /** Throttling is part of sharing a stream with others; it is trouble only when it does not end. */
    static boolean isWorthTelling(SourceTrouble trouble) {
        return trouble.kind() != ShardReadException.Kind.THROTTLED || trouble.failures() >= 8;
    }

    void readingFailed(SourceTrouble trouble, Instant now) {
        String what = "cannot be read (" + trouble.kind() + "): " + trouble.message();
        reading = new Failure(reading == null ? now : reading.since, what);
    }

    void readingWorks() {
        reading = null;
    }

    /** The user's code threw; counts up. */
    void userFailed(String call, Throwable error, Instant now) {
        userFailures++;
        String what = call + " threw " + describe(error);
        user = new Failure(user == null ? now : user.since, what);
    }

    void userWorks() {
        user = null;
        userFailures = 0;
    }

    /** How often the user's code threw since it last worked. */
    int userFailures() {
        return userFailures;
    }

    /** The failure to show: the user's code first, for only the user can mend it. */
    @Nullable
    Failure current() {
        return user != null ? user : reading;
    }

    /** Class and place of an error. Its message may quote a payload, so it is left out. */
    static String describe(Throwable error) {
        StackTraceElement[] stack = error.getStackTrace();
        return error.getClass().getName() + (stack.length == 0 ? "" : " at " + stack[0]);
    }

    /** Something fails since a moment. */
    record Failure(Instant since, String what) {}
}
