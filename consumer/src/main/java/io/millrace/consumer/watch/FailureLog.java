package io.millrace.consumer.watch;

import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceTrouble;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What fails at one shard, and since when: reading it, and the user's code. Belongs to the worker's event loop. */
public final class FailureLog {
    private @Nullable Failure reading;
    private @Nullable Failure user;
    private int userFailures;

    /** Throttling is part of sharing a stream with others; it is trouble only when it does not end. */
    public static boolean isWorthTelling(SourceTrouble trouble) {
        return trouble.kind() != ShardReadException.Kind.THROTTLED || trouble.failures() >= 8;
    }

    /** The shard cannot be read. */
    public void readingFailed(SourceTrouble trouble, Instant now) {
        String what = "cannot be read (" + trouble.kind() + "): " + trouble.message();
        reading = new Failure(reading == null ? now : reading.since, what);
    }

    /** The shard can be read; returns true if it could not before. */
    public boolean readingWorks() {
        boolean failed = reading != null;
        reading = null;
        return failed;
    }

    /** The user's code threw; counts up. Returns what failed. */
    public String userFailed(String call, Throwable error, Instant now) {
        userFailures++;
        String what = call + " threw " + ErrorTrace.of(error);
        user = new Failure(user == null ? now : user.since, what);
        return what;
    }

    /** The user's code returned, or got further before it threw: what fails from now on is another failure. */
    public void userWorks() {
        user = null;
        userFailures = 0;
    }

    /** How often the user's code threw since it last worked or got further. */
    public int userFailures() {
        return userFailures;
    }

    /** The failure to show: the user's code first, for only the user can mend it. */
    public @Nullable Failure current() {
        return user != null ? user : reading;
    }

    /**
     * Something that fails.
     *
     * @param since when it began
     * @param what in one line without payload
     */
    public record Failure(Instant since, String what) {}
}
