package io.millrace.cli.leases;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.ShownLine;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.decide.LeaseBook;
import io.millrace.lease.decide.Planner.Assignment;
import io.millrace.lease.decide.Plans;
import io.millrace.lease.decide.Seat;
import io.millrace.lease.table.LeaderRow;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why each lease is where it is: what the leader wrote beside its decision, and what it would decide now, made by the same
 * pure functions from the same rows. Immutable once made.
 */
final class LeaseReasons {
    /** Stands in for a leader where there is none: who plans changes nothing about the plan. */
    private static final LeaderRow NOBODY = new LeaderRow(0, 1, new WorkerId("nobody", "0"));

    private final Snapshot snapshot;
    private final LeaseBook book = new LeaseBook();
    private final Map<LeaseKey, PlanRow> plans = new HashMap<>();
    private final Map<WorkerId, Seat> seats;
    private final Plans.Decision now;
    private final Findings findings;

    LeaseReasons(Snapshot snapshot) {
        this.snapshot = snapshot;
        book.replaceAll(snapshot.leases(), 0, 0);
        // Where two plans name a lease, the younger leader's counts.
        snapshot.control()
                .plans()
                .forEach(plan -> plan.leases()
                        .keySet()
                        .forEach(lease -> plans.merge(
                                lease, plan, (one, other) -> one.leaderEpoch() >= other.leaderEpoch() ? one : other)));
        seats = Seat.of(snapshot.control().workers(), snapshot.fleet());
        now = Plans.decide(
                book, snapshot.control(), snapshot.fleet(), snapshot.leader().orElse(NOBODY));
        findings = new Findings(snapshot, this);
    }

    /** The trouble, and its cause. */
    Findings findings() {
        return findings;
    }

    /** Where a lease stands. */
    enum State {
        FINISHED,
        WAITS_FOR_PARENTS,
        OPEN;

        /** In lower case, words apart. */
        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    State state(LeaseRow lease) {
        if (lease.isFinished()) {
            return State.FINISHED;
        }
        return book.isReady(lease) ? State.OPEN : State.WAITS_FOR_PARENTS;
    }

    /** The plan that names this lease. */
    Optional<PlanRow> plan(LeaseKey lease) {
        return Optional.ofNullable(plans.get(lease));
    }

    /** Where the leader would put the lease now, if that is not where the plan has it. */
    Optional<Assignment> next(LeaseKey lease) {
        return Optional.ofNullable(now.news().get(lease))
                .filter(to -> plan(lease)
                        .map(plan -> !plan.worker().equals(to.worker()))
                        .orElse(true));
    }

    /**
     * A line for the leader, one for each lease with what keeps it from moving and what was skipped of it beneath, and one that
     * says whether the plan still holds.
     */
    List<ShownLine> lines() {
        List<ShownLine> lines = new ArrayList<>();
        lines.add(ShownLine.plain(snapshot.leader()
                .map(leader -> "leader: " + leader.leader().name() + ", epoch " + leader.epoch() + ", its "
                        + heartbeat(leader.leader()))
                .orElse("leader: none; the first worker that starts makes the plan")));
        findings.ofWorkers().forEach(line -> lines.add(ShownLine.wrong(line)));
        snapshot.leases().forEach(lease -> lines.addAll(lines(lease)));
        long moves = snapshot.leases().stream()
                .filter(lease -> next(lease.key()).isPresent())
                .count();
        lines.add(ShownLine.plain(
                moves == 0
                        ? "decided anew from these rows the plan is the same"
                        : "decided anew from these rows the plan differs for " + moves + " leases"));
        return lines;
    }

    private List<ShownLine> lines(LeaseRow lease) {
        List<ShownLine> lines = new ArrayList<>();
        lines.add(ShownLine.plain(lease.key() + ": " + why(lease)));
        Findings.Finding finding = findings.of(lease);
        if (!finding.reason().isEmpty() && finding.kind() != Findings.Kind.MOVES) {
            lines.add(new ShownLine("  " + finding.kind().text() + ": " + finding.reason(), finding.isWrong()));
        }
        findings.batch(lease.key()).ifPresent(batch -> lines.add(ShownLine.wrong("  " + batch)));
        if (finding.isWrong() || !lease.notes().skips().isEmpty()) {
            lines.add(ShownLine.plain("  processed up to " + LeaseReport.text(lease.checkpoint())
                    + findings.checkpointAge(lease)
                            .map(age -> ", saved " + Spans.text(age) + " ago")
                            .orElse("")));
        }
        lease.notes().skips().forEach(skip -> lines.add(ShownLine.plain("  skipped: " + skip)));
        return lines;
    }

    String why(LeaseRow lease) {
        return switch (state(lease)) {
            case FINISHED -> {
                List<ShardId> children = lease.lineage().children();
                yield "finished" + (children.isEmpty() ? "" : ", followed by " + join(children));
            }
            case WAITS_FOR_PARENTS ->
                "waits for "
                        + join(lease.lineage().parents().stream()
                                .filter(parent -> !isFinished(lease.key(), parent))
                                .toList())
                        + " to be processed to the end";
            case OPEN -> open(lease);
        };
    }

    private String open(LeaseRow lease) {
        Optional<PlanRow> plan = plan(lease.key());
        Optional<WorkerId> owner = lease.owner();
        StringBuilder why = new StringBuilder(owner.map(id -> "owned by " + id.name() + ", its " + heartbeat(id))
                .orElse("owned by nobody"));
        if (plan.isEmpty()) {
            why.append("; in nobody's plan: ").append(whyUnplanned(lease));
        } else if (plan.get().worker().equals(owner.orElse(null))) {
            why.append("; planned so: ").append(reason(plan.get(), lease.key()));
        } else {
            why.append("; planned for ")
                    .append(plan.get().worker().name())
                    .append(": ")
                    .append(reason(plan.get(), lease.key()));
            if (owner.isPresent() && gives(owner.get(), lease.key())) {
                why.append("; the owner was told to give it");
            }
        }
        if (plan.isPresent()) {
            next(lease.key())
                    .ifPresent(to -> why.append("; the next plan has it for ")
                            .append(to.worker().name())
                            .append(": ")
                            .append(to.reason()));
        }
        return why.toString();
    }

    /** Why no plan names the lease. */
    String whyUnplanned(LeaseRow lease) {
        if (seats.isEmpty()) {
            return "no worker takes part";
        }
        if (seats.values().stream().noneMatch(seat -> seat.takes(lease.key().stream()))) {
            return "no worker reads stream " + lease.key().stream();
        }
        if (now.unplaced().contains(lease.key())) {
            return "every worker that reads its stream holds as many leases as it takes";
        }
        return next(lease.key())
                .map(to -> "the next plan has it for " + to.worker().name() + ", " + to.reason())
                .orElse("the leader has not seen it yet");
    }

    /** What is known of a worker's heartbeat, such as {@code heartbeat moved 0.3 s ago}. */
    String heartbeat(WorkerId worker) {
        Silence silence = snapshot.silences().get(worker);
        if (silence == null) {
            return "heartbeat is gone, it left or was removed";
        }
        double seconds = silence.lasted().toMillis() / 1000.0;
        return String.format(
                Locale.ROOT, silence.moved() ? "heartbeat moved %.1f s ago" : "heartbeat silent for %.1f s", seconds);
    }

    private boolean gives(WorkerId owner, LeaseKey lease) {
        return snapshot.control().plans().stream()
                .anyMatch(plan -> plan.worker().equals(owner) && plan.gives().containsKey(lease));
    }

    private boolean isFinished(LeaseKey child, ShardId parent) {
        return book.row(new LeaseKey(child.stream(), parent))
                .map(LeaseRow::isFinished)
                .orElse(false);
    }

    private static String reason(PlanRow plan, LeaseKey lease) {
        return String.valueOf(plan.leases().get(lease));
    }

    private static String join(List<ShardId> shards) {
        return shards.stream().map(ShardId::value).collect(Collectors.joining(" and "));
    }
}
