package io.millrace.consumer.watch;

import io.millrace.lease.LeaseKey;
import io.millrace.runtime.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the failures of a worker's shards to the log, so that a sink that is down for a thousand shards is one story and
 * not a flood. The first failure of a kind is told in full at once. After that one line a minute says how often it came
 * and at how many shards, and a last one says that it is over.
 *
 * <p>Belongs to the worker's event loop.
 */
public final class FailureReports {
    private static final Logger log = LoggerFactory.getLogger(FailureReports.class);

    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final int MOST_KINDS = 50;
    private static final int MOST_NAMES = 3;
    private static final String OTHERS = "failures of further kinds";

    private final EventLoop loop;
    private final InstantSource clock;
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    /** Of what kind the failure is that a shard has now. */
    private final Map<Topic, Map<LeaseKey, Kind>> current = new EnumMap<>(Topic.class);

    /** Reports that write nothing yet. */
    public FailureReports(EventLoop loop, InstantSource clock) {
        this.loop = loop;
        this.clock = clock;
        for (Topic topic : Topic.values()) {
            current.put(topic, new TreeMap<>());
        }
    }

    /** What can fail at a shard independently of the rest. */
    public enum Topic {
        /** The user's code throws. */
        USER_CODE,
        /** The shard cannot be read. */
        READING,
        /** The shard's pipe does not open, or ends; the shard is polled. */
        PIPE,
        /** A call does not return. */
        STUCK
    }

    /**
     * Something failed at {@code shard}.
     *
     * @param what the kind of failure, the same for every shard that fails so
     * @param detail what is worth knowing of this one, told if it is the first of its kind
     */
    public void failed(Topic topic, LeaseKey shard, String what, String detail) {
        Kind kind = kind(what);
        Kind before = of(topic).put(shard, kind);
        if (before != null && before != kind) {
            before.now.remove(shard);
        }
        kind.now.add(shard);
        kind.shards.add(shard);
        kind.times++;
        kind.total++;
        if (kind.total == 1) {
            log.warn("{}: {}{}", shard, kind.what, detail);
        }
    }

    /** What {@code topic} is about works at {@code shard}, or the shard is not this worker's any more. */
    public void over(Topic topic, LeaseKey shard) {
        Kind kind = of(topic).remove(shard);
        if (kind != null) {
            kind.now.remove(shard);
        }
    }

    /** The shard is not this worker's any more. */
    public void over(LeaseKey shard) {
        for (Topic topic : Topic.values()) {
            over(topic, shard);
        }
    }

    private Map<LeaseKey, Kind> of(Topic topic) {
        return current.computeIfAbsent(topic, key -> new TreeMap<>());
    }

    private Kind kind(String what) {
        if (kinds.isEmpty()) {
            loop.schedule(INTERVAL, this::summarise);
        }
        String name = kinds.containsKey(what) || kinds.size() < MOST_KINDS ? what : OTHERS;
        return kinds.computeIfAbsent(name, key -> new Kind(key, clock.instant()));
    }

    private void summarise() {
        for (Kind kind : List.copyOf(kinds.values())) {
            if (kind.now.isEmpty()) {
                kinds.remove(kind.what);
                log.info(
                        "no shard fails so any more, after {} times at {} shards since {}: {}",
                        kind.total,
                        kind.shards.size(),
                        kind.since,
                        kind.what);
            } else {
                log.warn(
                        "{} shards still fail ({}), {} times in the last minute and {} times since {}: {}",
                        kind.now.size(),
                        kind.names(),
                        kind.times,
                        kind.total,
                        kind.since,
                        kind.what);
            }
            kind.times = 0;
        }
        if (!kinds.isEmpty()) {
            loop.schedule(INTERVAL, this::summarise);
        }
    }

    private static final class Kind {
        private final String what;
        private final Instant since;
        private final Set<LeaseKey> now = new TreeSet<>();
        private final Set<LeaseKey> shards = new HashSet<>();
        private long times;
        private long total;

        Kind(String what, Instant since) {
            this.what = what;
            this.since = since;
        }

        String names() {
            String first = String.join(
                    ", ", now.stream().limit(MOST_NAMES).map(LeaseKey::toString).toList());
            return now.size() > MOST_NAMES ? "among them " + first : first;
        }
    }
}
