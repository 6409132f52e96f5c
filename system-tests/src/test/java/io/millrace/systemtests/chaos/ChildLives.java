package io.millrace.systemtests.chaos;

import static java.util.Comparator.comparingLong;
import static java.util.Objects.requireNonNull;

import io.millrace.systemtests.chaos.ChaosJudge.Told;
import io.millrace.systemtests.chaos.ChaosJudge.Trouble;
import io.millrace.systemtests.chaos.ChaosNote.Ownership;
import io.millrace.systemtests.chaos.ChaosNote.Way;
import io.millrace.systemtests.chaos.DaemonCrew.ChildFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes of the notes of children a case for the {@link ChaosJudge}, for whom each life of a child is a worker. Without a clock or a
 * process; belongs to one thread.
 *
 * <ul>
 *   <li>What comes again after the end of a child alone is what it had in hand: all before was answered, and its daemon knows.
 *   <li>What comes again after something was done to a daemon is as old as its checkpoints at most.
 *   <li>Nothing comes again after a child that was asked to shut down.
 * </ul>
 */
final class ChildLives {
    private final List<Told> notes;
    private final List<Trouble> daemons;
    private final List<Kill> kills;
    private final List<ChildFailure> failures;
    private final Duration unsaved;
    private final Map<Ownership, Life> lives = new LinkedHashMap<>();
    private final List<Did> deeds = new ArrayList<>();

    /** A child's process was killed from outside. */
    record Kill(long at, String daemon, long pid) {}

    /**
     * A case.
     *
     * @param told the notes, each life a worker
     * @param troubles what was done to them
     * @param unexplained ends of children that nothing done to them explains
     */
    record Case(List<Told> told, List<Trouble> troubles, List<ChildFailure> unexplained) {
        Case {
            told = List.copyOf(told);
            troubles = List.copyOf(troubles);
            unexplained = List.copyOf(unexplained);
        }
    }

    private record Did(Life by, ChildDeed deed, long at) {}

    private static final class Life {
        private final String daemon;
        private final Ownership of;
        private long pid;
        /** When what it has in hand came. */
        private long latest;

        private @Nullable Way way;

        Life(String daemon, Ownership of) {
            this.daemon = daemon;
            this.of = of;
            this.latest = of.epoch();
        }

        String name() {
            return daemon + "/" + of.shard() + "/" + of.epoch();
        }

        boolean isOf(String one, long process) {
            return daemon.equals(one) && pid == process;
        }
    }

    /**
     * The lives of a run.
     *
     * @param notes what children told, each with its daemon
     * @param daemons what was done to daemons
     * @param kills what was done to children
     * @param failures the ends of children by their daemons' accounts
     * @param unsaved how long before a trouble of its daemon a record may have been processed that comes again
     */
    ChildLives(
            List<Told> notes, List<Trouble> daemons, List<Kill> kills, List<ChildFailure> failures, Duration unsaved) {
        this.notes =
                notes.stream().sorted(comparingLong(each -> each.note().at())).toList();
        this.daemons = daemons;
        this.kills = kills;
        this.failures = failures;
        this.unsaved = unsaved;
    }

    Case make() {
        List<Told> told = new ArrayList<>();
        for (Told each : notes) {
            Life life = lives.computeIfAbsent(each.note().of(), of -> new Life(each.worker(), of));
            take(life, each.note());
            if (each.note() instanceof ChaosNote.Begun begun) {
                told.add(new Told(life.name(), new ChaosNote.Taken(begun.at(), begun.of())));
            } else if (!(each.note() instanceof ChaosNote.Does)) {
                told.add(new Told(life.name(), each.note()));
            }
        }
        List<Trouble> troubles = new ArrayList<>();
        for (Life life : lives.values()) {
            Trouble trouble = trouble(life);
            if (trouble != null) {
                troubles.add(trouble);
            }
        }
        return new Case(
                told, troubles, failures.stream().filter(this::isUnexplained).toList());
    }

    private void take(Life life, ChaosNote note) {
        if (note instanceof ChaosNote.Begun begun) {
            life.pid = begun.pid();
        } else if (note instanceof ChaosNote.Batch batch) {
            life.latest = batch.at();
        } else if (note instanceof ChaosNote.Over over) {
            life.way = over.way();
        } else if (note instanceof ChaosNote.Does does) {
            deeds.add(new Did(life, does.deed(), does.at()));
        }
    }

    /** The cause for which records of a life may come again; absent if there is none. */
    private @Nullable Trouble trouble(Life life) {
        if (life.way == Way.RELEASED || life.way == Way.ENDED) {
            return null;
        }
        for (Trouble trouble : daemons) {
            if (trouble.worker().equals(life.daemon)
                    && life.of.epoch() <= trouble.at()
                    && trouble.at() - unsaved.toNanos() <= life.latest) {
                return new Trouble(life.name(), trouble.at(), trouble.until(), true, false);
            }
        }
        boolean hasFailed = deeds.stream().anyMatch(did -> explains(did, life))
                || kills.stream().anyMatch(kill -> life.isOf(kill.daemon, kill.pid))
                || failures.stream()
                        .anyMatch(failure -> life.isOf(failure.daemon(), failure.pid())
                                && life.of.shard().equals(failure.shard()));
        return hasFailed ? new Trouble(life.name(), life.latest, Long.MAX_VALUE, true, true) : null;
    }

    private static boolean explains(Did did, Life life) {
        return did.by == life || (did.deed.mayEndTheProcess() && life.isOf(did.by.daemon, did.by.pid));
    }

    private boolean isUnexplained(ChildFailure failure) {
        boolean isHarmed = deeds.stream().anyMatch(did -> did.by.isOf(failure.daemon(), failure.pid()))
                || kills.stream().anyMatch(kill -> kill.daemon.equals(failure.daemon()) && kill.pid == failure.pid());
        return !isHarmed
                && daemons.stream()
                        .noneMatch(trouble -> trouble.worker().equals(failure.daemon())
                                && trouble.at() <= failure.at()
                                && failure.at() <= trouble.until());
    }

    /**
     * The longest time without a new batch of any shard but {@code shard}, of those that go on between {@code from} and {@code until}.
     */
    static Duration longestPause(List<Told> notes, String shard, long from, long until) {
        Map<String, Long> latest = new LinkedHashMap<>();
        long longest = 0;
        for (Told each : notes.stream()
                .filter(one -> one.note() instanceof ChaosNote.Batch)
                .sorted(comparingLong(one -> one.note().at()))
                .toList()) {
            ChaosNote batch = requireNonNull(each.note());
            Long before = latest.put(batch.of().shard(), batch.at());
            if (before != null && !batch.of().shard().equals(shard) && batch.at() > from && before < until) {
                longest = Math.max(longest, batch.at() - before);
            }
        }
        return Duration.ofNanos(longest);
    }

    /** How long after {@code from} the next batch of a shard was begun by a child that began after it; absent if none was. */
    static @Nullable Duration recovery(List<Told> notes, String shard, long from) {
        return notes.stream()
                .map(Told::note)
                .filter(note -> note instanceof ChaosNote.Batch
                        && note.of().shard().equals(shard)
                        && note.of().epoch() > from)
                .min(comparingLong(ChaosNote::at))
                .map(note -> Duration.ofNanos(note.at() - from))
                .orElse(null);
    }
}
