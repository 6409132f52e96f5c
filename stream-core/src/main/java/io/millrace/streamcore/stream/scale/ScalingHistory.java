package io.millrace.streamcore.stream.scale;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a stream's number of shards, under way and lately.
 *
 * @param target how many shards the stream is on its way to, 0 when it is not on its way
 * @param startedMillis when users asked for one within the last 24 hours: the service lets them only so often
 */
public record ScalingHistory(int target, List<Long> startedMillis) {
    /** Never changed. */
    public static final ScalingHistory NONE = new ScalingHistory(0, List.of());
    /** How often a user may ask within 24 hours. */
    public static final int MOST = 10;

    private static final Duration PERIOD = Duration.ofHours(24);

    /** Copies the list. */
    public ScalingHistory {
        startedMillis = List.copyOf(startedMillis);
    }

    /** True while the stream is on its way. */
    public boolean isUnderWay() {
        return target > 0;
    }

    /** How often users asked within the time that counts. */
    public int countAt(long nowMillis) {
        return (int) startedMillis.stream()
                .filter(started -> counts(started, nowMillis))
                .count();
    }

    /** A user asked for so many shards. */
    public ScalingHistory asked(int shards, long nowMillis) {
        List<Long> kept = new ArrayList<>(startedMillis);
        kept.removeIf(started -> !counts(started, nowMillis));
        kept.add(nowMillis);
        return new ScalingHistory(shards, kept);
    }

    /** On the way to so many shards, though no user asked for that number. */
    public ScalingHistory towards(int shards) {
        return new ScalingHistory(shards, startedMillis);
    }

    /** There, or no longer on the way. */
    public ScalingHistory done() {
        return new ScalingHistory(0, startedMillis);
    }

    private static boolean counts(long started, long nowMillis) {
        return started > nowMillis - PERIOD.toMillis();
    }
}
