package io.millrace.streamcore.stream.scale;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * The highest load of each open shard of an on-demand stream in the last 30 days, by the day. Kept in memory alone: after a
 * restart, and for the halves of a split, the 30 days begin anew, so a stream may keep too many shards and never too few.
 * Belongs to one thread.
 */
public final class PeakLoads {
    /**
     * How far the service looks back: an on-demand stream is ready for twice the highest throughput of the previous 30
     * days (developer guide, "Choose the right mode to stream in").
     */
    public static final Duration LOOKS_BACK = Duration.ofDays(30);

    private static final long DAY = Duration.ofDays(1).toMillis();

    private Map<Integer, Peaks> byShard = new HashMap<>();

    /**
     * Notes what was put into the open shards.
     *
     * @param open each of them; who is missing is forgotten
     * @param during how long it took to come
     */
    public void note(List<Seen> open, Duration during, long nowMillis) {
        Map<Integer, Peaks> next = new HashMap<>();
        for (Seen seen : open) {
            Peaks peaks = byShard.get(seen.shard());
            if (peaks == null) {
                peaks = begin(seen, nowMillis);
            }
            peaks.note(LoadScaling.heat(seen.load(), during), nowMillis);
            next.put(seen.shard(), peaks);
        }
        byShard = next;
    }

    /** Forgets all: nobody noted for a while. */
    public void forget() {
        byShard = new HashMap<>();
    }

    /** The highest load of a shard, as a part of what it can take; empty while it is not known for so long. */
    public OptionalDouble of(int shard, long nowMillis) {
        Peaks peaks = byShard.get(shard);
        return peaks == null || nowMillis - peaks.sinceMillis < LOOKS_BACK.toMillis()
                ? OptionalDouble.empty()
                : OptionalDouble.of(peaks.byDay.values().stream()
                        .mapToDouble(day -> day)
                        .max()
                        .orElse(0));
    }

    /** A merged shard had at most the load of both its parents; which part of a parent's a half had is not known. */
    private Peaks begin(Seen seen, long nowMillis) {
        List<Peaks> parents = new ArrayList<>();
        for (int parent : seen.parents()) {
            Peaks known = byShard.get(parent);
            if (known != null) {
                parents.add(known);
            }
        }
        return parents.size() == 2 ? Peaks.sum(parents.get(0), parents.get(1)) : new Peaks(nowMillis);
    }

    /**
     * What was put into an open shard.
     *
     * @param shard its number
     * @param parents the numbers of those it came from
     * @param load what was put into it since the last time
     */
    public record Seen(int shard, List<Integer> parents, ShardLoad load) {
        /** Copies the list. */
        public Seen {
            parents = List.copyOf(parents);
        }
    }

    private static final class Peaks {
        private final long sinceMillis;
        private final TreeMap<Long, Double> byDay = new TreeMap<>();

        Peaks(long sinceMillis) {
            this.sinceMillis = sinceMillis;
        }

        static Peaks sum(Peaks one, Peaks other) {
            Peaks both = new Peaks(Math.max(one.sinceMillis, other.sinceMillis));
            both.byDay.putAll(one.byDay);
            other.byDay.forEach((day, heat) -> both.byDay.merge(day, heat, Double::sum));
            return both;
        }

        void note(double heat, long nowMillis) {
            byDay.headMap((nowMillis - LOOKS_BACK.toMillis()) / DAY).clear();
            if (heat > 0) {
                byDay.merge(nowMillis / DAY, heat, Math::max);
            }
        }
    }
}
