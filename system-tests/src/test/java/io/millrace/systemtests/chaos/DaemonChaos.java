package io.millrace.systemtests.chaos;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.millrace.systemtests.chaos.ChaosJudge.Told;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fleet of daemons, what is done to it and to its children, and what these tell. Steps are done by one thread. */
final class DaemonChaos implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DaemonChaos.class);

    /** A moment is quiet after so long without a deed; for so long the others are watched after a kill. */
    private static final Duration QUIET = Duration.ofMillis(400);

    /** A deed shows within this time, unless it leads to a standstill. */
    private static final Duration AFTERMATH = Duration.ofMillis(1_500);

    private static final Duration WATCHED = Duration.ofSeconds(2);

    private final DaemonCrew crew;
    private final ChaosFleet fleet;
    private final ChildNotes notes;
    private final ChaosTally tally = new ChaosTally();
    private final ConcurrentLinkedQueue<Told> told = new ConcurrentLinkedQueue<>();
    /** The last child that began with each shard, and the last batch of each. */
    private final Map<String, Told> begun = new ConcurrentHashMap<>();

    private final Map<String, Long> latest = new ConcurrentHashMap<>();
    private final List<ChildLives.Kill> kills = new ArrayList<>();
    /** The shards whose children were killed in quiet moments, and when. */
    private final Map<Long, String> probes = new LinkedHashMap<>();
    /** The last deed of each shard's child. */
    private final Map<String, ChaosNote> deeds = new ConcurrentHashMap<>();

    /**
     * Starts the services, without a daemon yet.
     *
     * @param room gets a permit for each record that is processed for the first time
     */
    DaemonChaos(String stream, int shards, Duration failover, Path folder, DaemonCrew crew, Semaphore room)
            throws IOException {
        this.crew = crew;
        this.fleet = new ChaosFleet(stream, shards, failover, folder, crew, lease -> {});
        this.notes = new ChildNotes(crew.notes(), each -> {
            told.add(each);
            if (each.note() instanceof ChaosNote.Batch batch) {
                latest.put(batch.of().shard(), batch.at());
                room.release(tally.add(batch));
            } else if (each.note() instanceof ChaosNote.Does deed) {
                deeds.put(deed.of().shard(), deed);
            } else if (each.note() instanceof ChaosNote.Begun child) {
                begun.put(child.of().shard(), each);
            } else if (each.note() instanceof ChaosNote.Over over && over.way() == ChaosNote.Way.ENDED) {
                latest.remove(over.of().shard());
                begun.remove(over.of().shard());
            }
        });
    }

    ChaosFleet fleet() {
        return fleet;
    }

    ChaosTally tally() {
        return tally;
    }

    List<Told> told() {
        return List.copyOf(told);
    }

    List<ChildLives.Kill> kills() {
        return List.copyOf(kills);
    }

    List<DaemonCrew.ChildFailure> failures() {
        return crew.failures();
    }

    /** The longest pauses of other shards when a child was killed, in order. */
    List<Long> pauseMillis() {
        return pauseMillis(Duration.ZERO);
    }

    /** The longest pauses of the same shards just before, in order. */
    List<Long> calmMillis() {
        return pauseMillis(WATCHED);
    }

    private List<Long> pauseMillis(Duration before) {
        List<Told> all = told();
        return probes.entrySet().stream()
                .map(probe -> {
                    long from = probe.getKey() - before.toNanos();
                    return ChildLives.longestPause(all, probe.getValue(), from, from + WATCHED.toNanos())
                            .toMillis();
                })
                .sorted()
                .toList();
    }

    /** How long it took from a kill to the next batch of the shard, in order. */
    List<Long> recoveryMillis() {
        List<Told> all = told();
        return probes.entrySet().stream()
                .map(probe -> requireNonNull(ChildLives.recovery(all, probe.getValue(), probe.getKey()))
                        .toMillis())
                .sorted()
                .toList();
    }

    /** Why leases were lost that were not given back. */
    List<String> losses() {
        return crew.losses();
    }

    /** How long after each daemon's death its last child was gone. */
    List<Long> farewellMillis() {
        return fleet.troubles().stream()
                .filter(ChaosJudge.Trouble::deadly)
                .map(death -> Duration.ofNanos(crew.goneAt(death.worker()) - death.at())
                        .toMillis())
                .toList();
    }

    /** True if nobody has begun with a batch for so long. */
    boolean isQuietFor(Duration time) {
        long now = System.nanoTime();
        return latest.values().stream().allMatch(at -> now - at > time.toNanos());
    }

    /** The children that run. */
    List<Long> living() {
        return crew.living("");
    }

    void take(DaemonStep step) throws Exception {
        if (step instanceof DaemonStep.OfFleet ofFleet) {
            ofFleet.step().on(fleet);
        } else if (step instanceof DaemonStep.Asked asked) {
            String shard = shard(asked.shard());
            fleet.await("the deed before of " + shard, () -> crew.isHeard(shard));
            crew.ask(shard, asked.deed());
        } else if (step instanceof DaemonStep.KillChild kill) {
            killChild(kill.shard());
        } else if (step instanceof DaemonStep.AtOnce together) {
            for (DaemonStep one : together.asked()) {
                take(one);
            }
            together.step().on(fleet);
        }
    }

    private void killChild(int number) {
        fleet.await("a quiet moment", () -> begun.keySet().stream().allMatch(this::isCalm));
        List<Told> alone = begun.values().stream()
                .filter(child -> crew.shardsPerProcess(child.worker()) == 1)
                .sorted(comparingLong(child -> child.note().of().epoch()))
                .toList();
        if (alone.isEmpty()) {
            log.warn("nobody has a process of its own just now");
            return;
        }
        Told victim = alone.get(number % alone.size());
        long pid = ((ChaosNote.Begun) victim.note()).pid();
        String shard = victim.note().of().shard();
        long now = System.nanoTime();
        kills.add(new ChildLives.Kill(now, victim.worker(), pid));
        probes.put(now, shard);
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        fleet.await(
                "the next child of " + shard,
                () -> latest.getOrDefault(shard, 0L) > now
                        && System.nanoTime() - now > WATCHED.toNanos()
                        && !requireNonNull(begun.get(shard)).equals(victim));
    }

    /** True if a shard brings batches, and its child is over the last deed. */
    private boolean isCalm(String shard) {
        long last = latest.getOrDefault(shard, 0L);
        ChaosNote deed = deeds.get(shard);
        Told child = begun.get(shard);
        boolean isOver = deed == null
                || last > deed.at() + AFTERMATH.toNanos()
                || (child != null
                        && child.note().at() > deed.at()
                        && last > child.note().at());
        return isOver && crew.isHeard(shard) && System.nanoTime() - last < QUIET.toNanos();
    }

    /** One of the shards that somebody works on, in their order. */
    private String shard(int number) {
        List<String> all = begun.keySet().stream().sorted().toList();
        return all.get(number % all.size());
    }

    @Override
    public void close() throws IOException {
        fleet.close();
        notes.close();
    }
}
