package io.millrace.consumer.watch;

import io.millrace.consumer.health.WorkerHealth.Failing;
import io.millrace.consumer.health.WorkerHealth.FailingBatch;
import io.millrace.fanout.ShardReadException;
import io.millrace.fanout.SourceTrouble;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What fails at one shard, and since when: reading it, and the user's code. Belongs to the worker's event loop. */
public final class FailureLog {
    private static final String UNREAD = "cannot be read";

    /** Reads fail now and then and are tried again; so many failures in a row are trouble. */
    private static final int FAILED_READS = 3;

    private @Nullable Failing reading;
    private @Nullable Failing user;
    private int userFailures;
    private @Nullable FailingBatch batch;

    /** Throttling is part of sharing a stream with others; it is trouble only when it does not end. */
    public static boolean isWorthTelling(SourceTrouble trouble) {
        return trouble.kind() != ShardReadException.Kind.THROTTLED || trouble.failures() >= 8;
    }

    /** True when others should hear of {@code failing}: the user's code at once, reads that fail when they go on failing. */
    static boolean isWorthTelling(Failing failing) {
        return !failing.what().startsWith(UNREAD) || failing.times() >= FAILED_READS;
    }

    /** The shard cannot be read. */
    public void readingFailed(SourceTrouble trouble, Instant now) {
        String what = UNREAD + " (" + trouble.kind() + "): " + trouble.message();
        reading = new Failing(reading == null ? now : reading.since(), what, Math.max(1, trouble.failures()), null);
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
        user = new Failing(user == null ? now : user.since(), what, userFailures, batch);
        return what;
    }

    /** The processor threw at {@code records}, at least one: {@link #userFailed} comes next. */
    public void handed(List<StreamRecord> records) {
        batch = new FailingBatch(
                records.get(0).position(), records.get(records.size() - 1).position(), records.size());
    }

    /** The user's code returned, or got further before it threw: what fails from now on is another failure. */
    public void userWorks() {
        user = null;
        userFailures = 0;
        batch = null;
    }

    /** How often the user's code threw since it last worked or got further. */
    public int userFailures() {
        return userFailures;
    }

    /** The failure to show: the user's code first, for only the user can mend it. */
    public @Nullable Failing current() {
        return user != null ? user : reading;
    }
}
