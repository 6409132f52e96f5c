package io.millrace.cli.leases;

import io.millrace.lease.HeldLease;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.HealthRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.model.RecordPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The troubles of an application's leases and workers, as the table shows them: of each lease how it gets on and, where it
 * does not, why, in one line. Immutable once made.
 */
final class Findings {
    /** A call that takes longer counts as one that hangs, whatever its worker puts up with. */
    private static final Duration HANGS = Duration.ofSeconds(30);

    /** A lag that stays is one when it is that long. */
    private static final Duration LONG_LAG = Duration.ofMinutes(1);

    /** A processor that has records in hand for less of the time waits for them. */
    private static final int BUSY = 50;

    private final Snapshot snapshot;
    private final LeaseReasons reasons;
    private final Map<LeaseKey, LeaseStatus> told = new HashMap<>();
    private final Set<WorkerId> tellers = new HashSet<>();

    Findings(Snapshot snapshot, LeaseReasons reasons) {
        this.snapshot = snapshot;
        this.reasons = reasons;
        Map<LeaseKey, LeaseRow> leases = new HashMap<>();
        snapshot.leases().forEach(lease -> leases.put(lease.key(), lease));
        for (HealthRow row : snapshot.told()) {
            tellers.add(row.worker());
            row.statuses().stream()
                    .filter(status -> isAbout(row.worker(), status, leases.get(status.key())))
                    .forEach(status -> told.put(status.key(), status));
        }
    }

    /** Words of an owner about an earlier ownership are not about this one. */
    private static boolean isAbout(WorkerId teller, LeaseStatus status, @Nullable LeaseRow lease) {
        return lease != null && lease.isOwnedBy(teller) && lease.epoch() == status.epoch();
    }

    /** How a lease gets on. */
    enum Kind {
        /** Its worker says nothing against it. */
        OK(false),
        /** Its worker does not tell. */
        UNTOLD(false),
        FINISHED(false),
        /** It waits for its parents. */
        WAITS(false),
        /** It goes from one worker to another. */
        MOVES(false),
        /** People have paused it. */
        PAUSED(false),
        /** It lags, and catches up. */
        BEHIND(false),
        /** Its lag grows, or stays long. */
        SLOW(true),
        /** The user's code throws. */
        THROWS(true),
        /** The shard cannot be read. */
        UNREAD(true),
        /** The worker itself fails at it. */
        BROKEN(true),
        /** A call does not return. */
        HANGS(true),
        /** Nobody has it, and nobody who lives is to have it. */
        NOBODY(true),
        /** Its worker does not move. */
        GONE(true);

        private final boolean isWrong;

        Kind(boolean isWrong) {
            this.isWrong = isWrong;
        }

        boolean isWrong() {
            return isWrong;
        }

        /** In lower case. */
        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The findings about a lease.
     *
     * @param kind how it gets on
     * @param reason one line; empty where nothing is to be said
     */
    record Finding(Kind kind, String reason) {
        boolean isWrong() {
            return kind.isWrong();
        }
    }

    /** The owner's words about the lease; empty where it says nothing or is well. */
    Optional<LeaseStatus> status(LeaseKey lease) {
        return Optional.ofNullable(told.get(lease));
    }

    /** True when the lease's owner tells how its leases get on, so that silence means that all is well. */
    boolean isTold(LeaseRow lease) {
        return lease.owner().filter(tellers::contains).isPresent();
    }

    Finding of(LeaseRow lease) {
        return switch (reasons.state(lease)) {
            case FINISHED -> new Finding(Kind.FINISHED, "");
            case WAITS_FOR_PARENTS -> new Finding(Kind.WAITS, "");
            case OPEN -> lease.owner().isEmpty() ? free(lease) : owned(lease);
        };
    }

    private Finding free(LeaseRow lease) {
        Optional<WorkerId> planned = reasons.plan(lease.key()).map(PlanRow::worker);
        if (planned.isEmpty()) {
            return new Finding(Kind.NOBODY, "nobody has it: " + reasons.whyUnplanned(lease));
        }
        return snapshot.isSilent(planned.get())
                ? new Finding(
                        Kind.NOBODY,
                        "nobody has it: it is planned for " + planned.get().name() + ", whose "
                                + reasons.heartbeat(planned.get()))
                : new Finding(Kind.MOVES, "on its way to " + planned.get().name());
    }

    private Finding owned(LeaseRow lease) {
        WorkerId owner = lease.owner().orElseThrow();
        if (snapshot.isSilent(owner)) {
            return new Finding(Kind.GONE, "worker " + owner.name() + " does not move, its " + reasons.heartbeat(owner));
        }
        Finding told = tellers.contains(owner)
                ? status(lease.key()).map(this::told).orElse(new Finding(Kind.OK, ""))
                : new Finding(Kind.UNTOLD, "");
        // A paused shard may throw or hang all the same; it is meant to lag.
        boolean mayBePaused = !told.isWrong() || told.kind() == Kind.SLOW;
        return snapshot.pauses()
                .note(lease.key())
                .filter(note -> mayBePaused)
                .map(note -> new Finding(Kind.PAUSED, "since " + note))
                .orElse(told);
    }

    private Finding told(LeaseStatus status) {
        Optional<LeaseStatus.Wait> wait = status.longWait();
        Optional<LeaseStatus.Failure> failure = status.failure();
        if (wait.isPresent()
                && (wait.get().isStuck() || since(wait.get().since()).compareTo(HANGS) >= 0)) {
            return new Finding(Kind.HANGS, text(wait.get()));
        }
        if (failure.isPresent()) {
            return new Finding(kind(status, failure.get()), text(failure.get()));
        }
        boolean grows = status.trend() == LeaseStatus.Trend.GROWS;
        boolean stays =
                status.trend() == LeaseStatus.Trend.STEADY && status.behind().compareTo(LONG_LAG) >= 0;
        return grows || stays
                ? new Finding(
                        Kind.SLOW,
                        slow(status) + wait.map(one -> "; " + text(one)).orElse(""))
                : new Finding(
                        Kind.BEHIND,
                        Spans.text(status.behind()) + " behind"
                                + wait.map(one -> "; " + text(one)).orElse(""));
    }

    private static Kind kind(LeaseStatus status, LeaseStatus.Failure failure) {
        if (status.doing().equals("BROKEN")) {
            return Kind.BROKEN;
        }
        return failure.what().startsWith("cannot be read") ? Kind.UNREAD : Kind.THROWS;
    }

    private static String slow(LeaseStatus status) {
        String lag = Spans.text(status.behind()) + " behind and "
                + (status.trend() == LeaseStatus.Trend.GROWS ? "growing" : "not catching up");
        return lag
                + (status.busyPercent() >= BUSY
                        ? ": the processor is busy " + status.busyPercent() + " % of the time"
                        : ": the processor is busy " + status.busyPercent() + " % of the time only, reading is slower");
    }

    private String text(LeaseStatus.Wait wait) {
        return wait.what() + " has not returned for " + Spans.text(since(wait.since()))
                + (wait.place().isEmpty() ? "" : ", at " + wait.place());
    }

    private String text(LeaseStatus.Failure failure) {
        return failure.times() + (failure.times() == 1 ? " time" : " times") + " in "
                + Spans.text(since(failure.since())) + ", "
                + failure.batch()
                        .map(batch -> "at " + batch.records() + (batch.records() == 1 ? " record, " : " records, "))
                        .orElse("")
                + failure.what();
    }

    /** The records that the lease's processor throws at, by their numbers; empty if it throws at none. */
    Optional<String> batch(LeaseKey lease) {
        return status(lease)
                .flatMap(LeaseStatus::failure)
                .flatMap(LeaseStatus.Failure::batch)
                .map(batch -> "throws at " + batch.records() + (batch.records() == 1 ? " record" : " records")
                        + " from " + text(batch.first()) + " to " + text(batch.last()));
    }

    static String text(RecordPosition position) {
        long sub = position.subSequenceNumber();
        return position.sequenceNumber() + (sub == 0 ? "" : "/" + sub);
    }

    /** Clocks of two machines differ: what is yet to come is of now. */
    private Duration since(Instant moment) {
        Duration since = Duration.between(moment, snapshot.now());
        return since.isNegative() ? Duration.ZERO : since;
    }

    /** For how long the checkpoint has stood there, if its worker wrote that down. See {@link HeldLease#checkpointedAt}. */
    Optional<Duration> checkpointAge(LeaseRow lease) {
        return lease.notes().savedAt().map(this::since);
    }

    /** A line for each worker that does not move, and for each that went without leaving. */
    List<String> ofWorkers() {
        List<String> lines = new ArrayList<>();
        snapshot.control().workers().stream()
                .filter(worker -> snapshot.isSilent(worker.id()))
                .forEach(worker -> lines.add("worker " + worker.id().name() + " gone: its "
                        + reasons.heartbeat(worker.id()) + "; if that goes on others take its "
                        + snapshot.owned(worker.id()) + " leases"));
        snapshot.told().stream()
                .map(HealthRow::worker)
                .filter(id -> snapshot.control().workers().stream()
                        .noneMatch(worker -> worker.id().equals(id)))
                .forEach(id -> lines.add(
                        isBack(id)
                                ? "worker " + id.name()
                                        + " was gone: it counted as dead, lost its leases and joined again"
                                : "worker " + id.name()
                                        + " gone: it died or was cut off, and did not leave; others have its"
                                        + " leases"));
        return lines.stream().distinct().toList();
    }

    private boolean isBack(WorkerId gone) {
        return snapshot.control().workers().stream()
                .anyMatch(worker -> worker.id().name().equals(gone.name()) && !snapshot.isSilent(worker.id()));
    }

    /** How many leases are not well beyond those that their workers name. */
    int leftOut() {
        return snapshot.told().stream().mapToInt(HealthRow::leftOut).sum();
    }

    /** Workers that do not tell how their leases get on. */
    List<String> untold() {
        return snapshot.control().workers().stream()
                .filter(worker -> !tellers.contains(worker.id()) && !snapshot.isSilent(worker.id()))
                .map(worker -> worker.id().name())
                .distinct()
                .sorted()
                .toList();
    }
}
