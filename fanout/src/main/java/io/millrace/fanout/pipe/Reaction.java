package io.millrace.fanout.pipe;

import static java.util.Objects.requireNonNull;

import io.millrace.fanout.ShardReadException;
import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a source does when its pipe has ended. {@link #to} is the whole table.
 *
 * @param retry how long it waits before it subscribes again, by failures in a row
 * @param trouble how the source's listener is told of it
 * @param isRoutine true when the first of a series is told to nobody
 */
record Reaction(Backoff retry, ShardReadException.Kind trouble, boolean isRoutine) {
    private static final Backoff AT_ONCE = new Backoff(Duration.ofMillis(1), Duration.ofMillis(500));
    private static final Backoff SOON = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
    private static final Backoff SLOWLY = new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(10));
    private static final Backoff SELDOM = new Backoff(Duration.ofSeconds(10), Duration.ofSeconds(60));

    private static final Map<PipeEnd.Kind, Reaction> TABLE = table();

    static Reaction to(PipeEnd.Kind end) {
        return requireNonNull(TABLE.get(end));
    }

    private static Map<PipeEnd.Kind, Reaction> table() {
        Map<PipeEnd.Kind, Reaction> table = new EnumMap<>(PipeEnd.Kind.class);
        table.put(PipeEnd.Kind.COMPLETE, new Reaction(AT_ONCE, ShardReadException.Kind.TRANSIENT, true));
        table.put(PipeEnd.Kind.IN_USE, new Reaction(SLOWLY, ShardReadException.Kind.THROTTLED, true));
        table.put(PipeEnd.Kind.THROTTLED, new Reaction(SLOWLY, ShardReadException.Kind.THROTTLED, true));
        table.put(PipeEnd.Kind.GONE, new Reaction(SOON, ShardReadException.Kind.GONE, false));
        table.put(PipeEnd.Kind.FORBIDDEN, new Reaction(SELDOM, ShardReadException.Kind.TRANSIENT, false));
        table.put(PipeEnd.Kind.POSITION_REFUSED, new Reaction(SLOWLY, ShardReadException.Kind.POSITION_REFUSED, false));
        table.put(PipeEnd.Kind.BROKEN, new Reaction(SOON, ShardReadException.Kind.TRANSIENT, false));
        return table;
    }
}
