package io.millrace.producer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The records that wait, by the shard that they are for, and the choice of those that go next. Knows no service: time comes
 * in as the ticker's nanoseconds. Belongs to the producer's loop.
 */
final class Outbox {
    /** So many bytes of full aggregates are worth a request, though none of their records has waited long enough. */
    static final long WORTH_A_REQUEST = 1 << 20;

    private final ProducerSettings settings;
    private final Packer packer;
    private final long linger;
    private final long giveUpAfter;
    private ShardMap map = ShardMap.UNKNOWN;
    private List<Route> routes = List.of(new Route(null));
    /** Those of which records wait; who was served stands behind the others. */
    private final Set<Route> busy = new LinkedHashSet<>();

    private long bytes;
    private long records;
    private long bytesSeen;
    private long recordsSeen;

    Outbox(ProducerSettings settings) {
        this.settings = settings;
        this.packer = new Packer(settings.isOrdered(), settings.aggregateBytes());
        this.linger = settings.linger().toNanos();
        this.giveUpAfter = settings.giveUpAfter().toNanos();
    }

    boolean isEmpty() {
        return busy.isEmpty();
    }

    long records() {
        return records;
    }

    ShardMap map() {
        return map;
    }

    /** Takes a new record. */
    void add(Pending record) {
        Route route = routes.get(map.wayOf(record.hashKey()));
        route.addLast(record);
        busy.add(route);
        count(record, 1);
    }

    /** Puts back what a request brought in vain. */
    void giveBack(Route route, List<Pending> failed) {
        route.addFirst(failed);
        if (!failed.isEmpty()) {
            busy.add(route);
        }
        failed.forEach(record -> count(record, 1));
    }

    /** Goes by another map from now on. No record may be under way. */
    void remap(ShardMap newMap, List<Pending> more) {
        List<Pending> waiting = all();
        waiting.addAll(more);
        waiting.sort(Comparator.comparingLong(Pending::number));
        List<Route> fresh = new ArrayList<>();
        for (int way = 0; way < newMap.ways(); way++) {
            fresh.add(new Route(newMap.shardOf(way)));
        }
        map = newMap;
        routes = fresh;
        waiting.forEach(this::add);
    }

    /** True if so much came since the last look that a request may be worth it before its time. */
    boolean hasGrown() {
        return bytes - bytesSeen >= WORTH_A_REQUEST / 4 || records - recordsSeen >= Request.MOST_ENTRIES;
    }

    /**
     * Takes what goes next.
     *
     * @param flushed records up to this number wait for no company
     * @return absent if nothing is due
     */
    @Nullable
    Request next(long now, long flushed) {
        bytesSeen = bytes;
        recordsSeen = records;
        boolean isDue = false;
        long full = 0;
        long single = 0;
        for (Route route : busy) {
            if (isFree(route, now)) {
                isDue |= isDue(route, now, flushed);
                full += isFull(route) ? route.bytes() : 0;
                single += aggregates(route) ? 0 : route.waiting().size();
            }
        }
        if (!isDue && full < WORTH_A_REQUEST && single < Request.MOST_ENTRIES) {
            return null;
        }
        Request request = new Request();
        for (Route route : List.copyOf(busy)) {
            boolean goes = isFree(route, now)
                    && (isDue(route, now, flushed)
                            || isFull(route)
                            || !aggregates(route)
                            || head(route).age(now) >= linger / 2);
            if (goes && !request.hasAllEntries()) {
                take(route, request);
            }
        }
        bytesSeen = bytes;
        recordsSeen = records;
        return request.isEmpty() ? null : request;
    }

    private void take(Route route, Request request) {
        int before = request.parcels().size();
        packer.pack(route, request, aggregates(route));
        for (Parcel parcel : request.parcels().subList(before, request.parcels().size())) {
            route.sent();
            parcel.records().forEach(record -> count(record, -1));
        }
        if (request.parcels().size() > before) {
            busy.remove(route);
            if (!route.waiting().isEmpty()) {
                busy.add(route);
            }
        }
    }

    /** Takes out what has become too old. */
    List<Pending> expired(long now) {
        List<Pending> expired = new ArrayList<>();
        for (Route route : List.copyOf(busy)) {
            while (!route.waiting().isEmpty() && head(route).age(now) >= giveUpAfter) {
                expired.add(removeFirst(route));
            }
        }
        return expired;
    }

    /** Takes out the oldest records, at least so many bytes of them if there are so many. */
    List<Pending> oldest(long wanted) {
        List<Pending> oldest = new ArrayList<>();
        long found = 0;
        while (found < wanted && !busy.isEmpty()) {
            Route route = busy.stream()
                    .min(Comparator.comparingLong(each -> head(each).number()))
                    .orElseThrow();
            Pending record = removeFirst(route);
            oldest.add(record);
            found += record.weight();
        }
        return oldest;
    }

    /** Takes out everything. */
    List<Pending> all() {
        List<Pending> all = new ArrayList<>();
        for (Route route : List.copyOf(busy)) {
            while (!route.waiting().isEmpty()) {
                all.add(removeFirst(route));
            }
        }
        all.sort(Comparator.comparingLong(Pending::number));
        return all;
    }

    /** The moment at which something becomes due or too old, as far as nothing else happens; in nanoseconds from now. */
    long untilNext(long now, boolean maySend) {
        long until = Long.MAX_VALUE;
        for (Route route : busy) {
            Pending head = head(route);
            until = Math.min(until, giveUpAfter - head.age(now));
            if (maySend && route.isBlocked(now)) {
                until = Math.min(until, route.blockedUntil() - now);
            } else if (maySend && isFree(route, now)) {
                until = Math.min(until, linger - head.age(now));
            }
        }
        return Math.max(0, until);
    }

    private Pending removeFirst(Route route) {
        Pending first = route.removeFirst();
        if (route.waiting().isEmpty()) {
            busy.remove(route);
        }
        count(first, -1);
        return first;
    }

    private static Pending head(Route route) {
        return route.waiting().element();
    }

    private boolean aggregates(Route route) {
        return settings.aggregateBytes() > 0 && route.shard() != null;
    }

    /** One batch of a shard is under way at a time where order counts. */
    private boolean isFree(Route route, long now) {
        return !route.isBlocked(now) && !(settings.isOrdered() && route.underWay() > 0);
    }

    private boolean isDue(Route route, long now, long flushed) {
        Pending head = head(route);
        return head.number() <= flushed || head.wasRefused() || head.age(now) >= linger;
    }

    private boolean isFull(Route route) {
        return aggregates(route) && route.bytes() >= settings.aggregateBytes();
    }

    private void count(Pending record, int sign) {
        bytes += (long) sign * record.size();
        records += sign;
    }
}
