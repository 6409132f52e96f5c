package io.millrace.cli.demo;

import io.millrace.cli.demo.WorkerMessage.Ended;
import io.millrace.cli.demo.WorkerMessage.Lost;
import io.millrace.cli.demo.WorkerMessage.Processed;
import io.millrace.cli.demo.WorkerMessage.Read;
import io.millrace.cli.demo.WorkerMessage.Started;
import io.millrace.cli.demo.WorkerMessage.Taken;
import io.millrace.cli.terminal.ScreenSize;
import io.millrace.runtime.Ticker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the demo shows: who owns which shard, how far behind it is, and what happened. Belongs to the demo's event loop. */
final class Board {
    private static final int EVENTS_ON_SCREEN = 12;
    private static final int FEWEST_EVENTS = 4;

    private final Ledger ledger;
    private final Ticker ticker;
    private final Consumer<String> eventSink;
    private final long started;
    private final Map<String, Owner> owners = new TreeMap<>();
    private final Set<String> ended = new HashSet<>();
    private final Map<String, Long> killed = new TreeMap<>();
    private final List<String> events = new ArrayList<>();

    /** Hands each event to {@code eventSink} as well. */
    Board(Ledger ledger, Ticker ticker, Consumer<String> eventSink) {
        this.ledger = ledger;
        this.ticker = ticker;
        this.eventSink = eventSink;
        this.started = ticker.nanoTime();
    }

    private record Owner(String worker, long epoch, boolean present) {}

    /** Takes what a worker says. */
    void onMessage(String worker, WorkerMessage message) {
        if (message instanceof Processed processed) {
            ledger.processed(processed);
        } else if (message instanceof Read read) {
            ledger.read(worker, read);
        } else if (message instanceof Started) {
            happened(worker + " takes part");
        } else if (message instanceof Taken taken) {
            onTaken(worker, taken);
        } else if (message instanceof Lost lost) {
            leave(worker, lost.shard(), lost.epoch());
            happened(worker + (lost.released() ? " gave back " : " lost ") + brief(lost.shard()));
        } else if (message instanceof Ended end) {
            ended.add(end.shard());
            leave(worker, end.shard(), end.epoch());
            happened(worker + " finished " + brief(end.shard()));
        }
    }

    /** Notes that a worker was killed; what it owned stays its own until another takes it. */
    void onKill(String worker) {
        killed.put(worker, ticker.nanoTime());
        happened(worker + " is killed with SIGKILL, owning " + ownedBy(worker).size() + " shards");
    }

    /** Notes something else. */
    void happened(String what) {
        String event =
                String.format(Locale.ROOT, "%6.1f s  %s", ticker.since(started).toMillis() / 1000.0, what);
        events.add(event);
        eventSink.accept(event);
    }

    /** The shards of a worker. */
    List<String> ownedBy(String worker) {
        return owners.entrySet().stream()
                .filter(owned ->
                        owned.getValue().present() && owned.getValue().worker().equals(worker))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** True when a shard is processed to its end. */
    boolean hasEnded(String shard) {
        return ended.contains(shard);
    }

    /** One line for where there is no screen. */
    String line() {
        StringBuilder line = new StringBuilder(counts());
        for (Map.Entry<String, Owner> shard : owners.entrySet()) {
            if (!ended.contains(shard.getKey())) {
                line.append(String.format(
                        Locale.ROOT,
                        "  %s %s +%d",
                        brief(shard.getKey()),
                        owner(shard.getValue()),
                        ledger.behind(shard.getKey())));
            }
        }
        return line.toString();
    }

    /**
     * The whole picture, or as much of it as this room takes: the latest events go first, but for a few, then the shards
     * that are finished, then others.
     */
    List<String> screen(ScreenSize size) {
        int room = size.room();
        List<String> shards = shardLines();
        int forEvents = Math.min(events.size(), EVENTS_ON_SCREEN);
        int forShards = room - 4 - Math.min(forEvents, FEWEST_EVENTS);
        if (shards.size() > forShards) {
            int shown = Math.max(0, forShards - 1);
            int left = shards.size() - shown;
            shards = new ArrayList<>(shards.subList(0, shown));
            shards.add("  and " + left + " more shards");
        }
        List<String> lines = new ArrayList<>();
        lines.add(counts());
        lines.add("");
        lines.add(String.format(Locale.ROOT, "  %-22s %-12s %6s %10s", "shard", "owner", "epoch", "behind"));
        lines.addAll(shards);
        lines.add("");
        int latest = Math.max(0, Math.min(forEvents, room - lines.size()));
        lines.addAll(events.subList(events.size() - latest, events.size()));
        return size.fit(lines);
    }

    /** The finished shards last. */
    private List<String> shardLines() {
        List<String> lines = new ArrayList<>();
        for (boolean over : new boolean[] {false, true}) {
            for (Map.Entry<String, Owner> shard : owners.entrySet()) {
                if (ended.contains(shard.getKey()) == over) {
                    lines.add(String.format(
                            Locale.ROOT,
                            "  %-22s %-12s %6d %10s",
                            shard.getKey(),
                            over ? "-" : owner(shard.getValue()),
                            shard.getValue().epoch(),
                            over ? "finished" : String.format(Locale.ROOT, "%,d", ledger.behind(shard.getKey()))));
                }
            }
        }
        return lines;
    }

    private void onTaken(String worker, Taken taken) {
        Owner before = owners.get(taken.shard());
        if (before != null && before.epoch() >= taken.epoch()) {
            return;
        }
        owners.put(taken.shard(), new Owner(worker, taken.epoch(), true));
        happened(worker + " owns " + brief(taken.shard()) + ", epoch " + taken.epoch() + sinceKill(before));
    }

    private String sinceKill(@Nullable Owner before) {
        Long kill = before == null ? null : killed.get(before.worker());
        return kill == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        ", %.1f s after the kill",
                        ticker.since(kill).toMillis() / 1000.0);
    }

    private void leave(String worker, String shard, long epoch) {
        Owner owner = owners.get(shard);
        if (owner != null && owner.worker().equals(worker) && owner.epoch() == epoch) {
            owners.put(shard, new Owner(worker, epoch, false));
        }
    }

    private String owner(Owner owner) {
        return !owner.present() ? "nobody" : killed.containsKey(owner.worker()) ? owner.worker() + "!" : owner.worker();
    }

    private String counts() {
        return String.format(
                Locale.ROOT,
                "%.1f s  put %,d  processed %,d  duplicates %,d",
                ticker.since(started).toMillis() / 1000.0,
                ledger.put(),
                ledger.distinct(),
                ledger.duplicates());
    }

    /** {@code shard 3} for {@code shardId-000000000003}. */
    private static String brief(String shard) {
        return shard.startsWith("shardId-") ? "shard " + Long.parseLong(shard.substring(8)) : shard;
    }
}
