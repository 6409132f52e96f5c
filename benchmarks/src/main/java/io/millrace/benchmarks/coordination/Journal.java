package io.millrace.benchmarks.coordination;

import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;

/** What all workers of a fleet have told so far, and what follows from it. Safe for any thread. */
final class Journal {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(40);

    private final Ticker ticker;
    private final Map<String, Queue<Told>> records = new ConcurrentHashMap<>();
    private final Queue<Told> events = new ConcurrentLinkedQueue<>();
    private final Set<String> killed = ConcurrentHashMap.newKeySet();
    /** When each worker last processed a record of each shard: shard, then worker. */
    private final Map<String, Map<String, Long>> latest = new ConcurrentHashMap<>();

    Journal(Ticker ticker) {
        this.ticker = ticker;
    }

    /** One line and who told it. */
    record Told(String worker, Line line) {
        long at() {
            return line.at();
        }

        String shard() {
            return line.shard();
        }

        Line.Kind kind() {
            return line.kind();
        }
    }

    void add(String worker, Line line) {
        Told told = new Told(worker, line);
        if (line.kind() == Line.Kind.RECORD) {
            records.computeIfAbsent(line.shard(), missing -> new ConcurrentLinkedQueue<>())
                    .add(told);
            latest.computeIfAbsent(line.shard(), missing -> new ConcurrentHashMap<>())
                    .put(worker, line.at());
        } else {
            events.add(told);
        }
    }

    /** Waits until {@code condition} holds; looks seldom, because what is measured runs on the same machine. */
    void await(String what, Duration limit, BooleanSupplier condition) throws IOException {
        long begun = ticker.nanoTime();
        while (!condition.getAsBoolean()) {
            if (ticker.since(begun).compareTo(limit) > 0) {
                throw new IOException("waited " + limit.toSeconds() + " s in vain until " + what);
            }
            Fleet.rest(LOOK_AGAIN);
        }
    }

    /** What happened in the order of time, records left out. */
    List<Told> events() {
        return events.stream().sorted(Comparator.comparingLong(Told::at)).toList();
    }

    /** What happened to leases of this kind. */
    List<Told> events(Line.Kind kind, long since) {
        return events().stream()
                .filter(told -> told.kind() == kind && told.at() >= since)
                .toList();
    }

    /** {@code worker} was killed and holds nothing any more, though it could not say so. */
    void forget(String worker) {
        killed.add(worker);
    }

    /** Who holds what now, those that were killed left out. */
    Map<String, Set<String>> holdings() {
        Map<String, Set<String>> holdings = new TreeMap<>();
        events().forEach(told -> apply(told, holdings));
        holdings.keySet().removeAll(killed);
        return holdings;
    }

    Set<String> heldBy(String worker) {
        return holdings().getOrDefault(worker, Set.of());
    }

    /** True when {@code workers} hold {@code total} leases, even within 10 % or one. */
    boolean isEven(Collection<String> workers, int total) {
        return isEven(holdings(), workers, total);
    }

    /** When {@code workers} first held {@code total} leases, even within 10 % or one, after {@code since}. */
    OptionalLong evenAt(Collection<String> workers, int total, long since) {
        Map<String, Set<String>> holdings = new TreeMap<>();
        for (Told told : events()) {
            apply(told, holdings);
            if (told.at() >= since && isEven(holdings, workers, total)) {
                return OptionalLong.of(told.at());
            }
        }
        return OptionalLong.empty();
    }

    private static boolean isEven(Map<String, Set<String>> holdings, Collection<String> workers, int total) {
        List<Integer> counts = workers.stream()
                .map(worker -> holdings.getOrDefault(worker, Set.of()).size())
                .sorted()
                .toList();
        int sum = counts.stream().mapToInt(Integer::intValue).sum();
        double mean = (double) total / workers.size();
        double band = Math.max(1, mean / 10);
        return sum == total && mean - counts.get(0) <= band && counts.get(counts.size() - 1) - mean <= band;
    }

    private static void apply(Told told, Map<String, Set<String>> holdings) {
        Set<String> own = holdings.computeIfAbsent(told.worker(), missing -> new TreeSet<>());
        switch (told.kind()) {
            case TAKEN -> own.add(told.shard());
            case RELEASED, LOST, ENDED -> own.remove(told.shard());
            default -> {
                // Says nothing of who holds what.
            }
        }
    }

    /** True when anybody but {@code worker} has processed a record of {@code shard} since {@code since}. */
    boolean isElsewhere(String shard, String worker, long since) {
        return latest.getOrDefault(shard, Map.of()).entrySet().stream()
                .anyMatch(last -> !last.getKey().equals(worker) && last.getValue() >= since);
    }

    boolean isProcessed(String shard) {
        return latest.containsKey(shard);
    }

    /** The first record of {@code shard} that anybody but {@code worker} processed after {@code since}. */
    Optional<Told> firstElsewhere(String shard, String worker, long since) {
        return recordsOf(shard).stream()
                .filter(told -> told.at() >= since && !told.worker().equals(worker))
                .min(Comparator.comparingLong(Told::at));
    }

    /** When the last record of {@code shard} before {@code moment} was processed. */
    OptionalLong lastBefore(String shard, long moment) {
        return recordsOf(shard).stream()
                .mapToLong(Told::at)
                .filter(at -> at <= moment)
                .max();
    }

    /** The first record of {@code shard} that was processed. */
    Optional<Told> first(String shard) {
        return recordsOf(shard).stream().min(Comparator.comparingLong(Told::at));
    }

    /**
     * How many records were processed again between {@code from} and {@code to}, of shards that nobody lost meanwhile: what
     * a worker loses it has not been asked for.
     */
    int repeated(long from, long to) {
        Set<String> moved = new HashSet<>(records.keySet());
        events(Line.Kind.LOST, from).forEach(lost -> moved.remove(lost.shard()));
        int repeated = 0;
        for (String shard : moved) {
            Set<String> seen = new HashSet<>();
            for (Told told : inOrder(shard)) {
                boolean again = !seen.add(told.line().text());
                if (again && told.at() >= from && told.at() <= to) {
                    repeated++;
                }
            }
        }
        return repeated;
    }

    /** The longest time between two batches of {@code shard} around {@code moment}. */
    Duration longestGap(String shard, long moment, Duration around) {
        long longest = 0;
        long last = -1;
        for (Told told : inOrder(shard)) {
            if (Math.abs(told.at() - moment) <= around.toNanos()) {
                longest = last < 0 ? 0 : Math.max(longest, told.at() - last);
                last = told.at();
            }
        }
        return Duration.ofNanos(longest);
    }

    private List<Told> inOrder(String shard) {
        List<Told> all = new ArrayList<>(recordsOf(shard));
        all.sort(Comparator.comparingLong(Told::at));
        return all;
    }

    private Collection<Told> recordsOf(String shard) {
        return records.getOrDefault(shard, new ConcurrentLinkedQueue<>());
    }
}
