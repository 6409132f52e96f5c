package io.millrace.cli.leases;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.lease.LeaseKey;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.ShardId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** A snapshot as lines, as JSON, and as reasons. Pure functions. */
final class LeaseReport {
    private LeaseReport() {}

    /** What a person reads: counts, workers, leases. */
    static List<String> lines(String application, Snapshot snapshot) {
        List<String> lines = new ArrayList<>();
        lines.add(counts(application, snapshot));
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "  %-24s %-10s %8s %8s  %-22s %s",
                "worker",
                "state",
                "owns",
                "planned",
                "heartbeat",
                "host"));
        for (WorkerRow worker : snapshot.control().workers()) {
            lines.add(workerLine(worker, snapshot));
        }
        lines.add("");
        lines.add(String.format(
                Locale.ROOT, "  %-34s %-18s %6s  %-20s %s", "lease", "owner", "epoch", "state", "checkpoint"));
        snapshot.leases().forEach(lease -> lines.add(leaseLine(lease, snapshot)));
        return lines;
    }

    /** One object a line: the leader, each worker, each stream, each lease. */
    static List<JsonObject> json(Snapshot snapshot) {
        List<JsonObject> objects = new ArrayList<>();
        snapshot.leader()
                .ifPresent(leader -> objects.add(new JsonObject()
                        .put("kind", "leader")
                        .put("worker", leader.leader())
                        .put("epoch", leader.epoch())));
        snapshot.control().workers().forEach(worker -> {
            Silence silence = snapshot.silences().get(worker.id());
            objects.add(new JsonObject()
                    .put("kind", "worker")
                    .put("worker", worker.id())
                    .put("state", worker.state())
                    .put("heartbeat", worker.revision())
                    .put("heartbeatMoved", silence == null ? null : silence.moved())
                    .put(
                            "heartbeatAgeMillis",
                            silence == null ? null : silence.lasted().toMillis())
                    .put("owns", snapshot.owned(worker.id()))
                    .put("host", worker.info().host())
                    .put("version", worker.info().version()));
        });
        snapshot.control()
                .streams()
                .forEach(stream -> objects.add(new JsonObject()
                        .put("kind", "stream")
                        .put("stream", stream.name())
                        .put("arn", stream.identity().arn())
                        .put("created", stream.identity().created())
                        .put("initialPosition", text(stream.initialPosition()))));
        snapshot.leases().forEach(lease -> objects.add(json(lease, snapshot)));
        return objects;
    }

    /** Why each lease is where it is, and what the leader wants of it. */
    static List<String> why(Snapshot snapshot) {
        List<String> lines = new ArrayList<>();
        lines.add(snapshot.leader()
                .map(leader -> "leader: " + leader.leader().name() + " since epoch " + leader.epoch()
                        + " of leaders, its " + heartbeat(leader.leader(), snapshot))
                .orElse("leader: none; the first worker that starts makes the plan"));
        snapshot.leases().forEach(lease -> lines.add(lease.key() + ": " + why(lease, snapshot)));
        return lines;
    }

    static String why(LeaseRow lease, Snapshot snapshot) {
        if (lease.isFinished()) {
            List<ShardId> children = lease.lineage().children();
            return "finished" + (children.isEmpty() ? "" : ", followed by " + join(children));
        }
        if (snapshot.state(lease) == Snapshot.State.WAITS_FOR_PARENTS) {
            List<ShardId> awaited = lease.lineage().parents().stream()
                    .filter(parent -> !isFinished(lease.key(), parent, snapshot))
                    .toList();
            return "waits for " + join(awaited) + " to be processed to the end";
        }
        Optional<PlanRow> plan = snapshot.plan(lease.key());
        String planned = plan.map(row -> "planned for " + row.worker().name() + ": " + reason(row, lease.key()))
                .orElse("in nobody's plan yet");
        Optional<WorkerId> owner = lease.owner();
        if (owner.isEmpty()) {
            return "owned by nobody; " + planned;
        }
        String held = "owned by " + owner.get().name() + ", whose " + heartbeat(owner.get(), snapshot);
        if (plan.isPresent() && plan.get().worker().equals(owner.get())) {
            return held + "; planned so: " + reason(plan.get(), lease.key());
        }
        return held + "; " + planned
                + (gives(owner.get(), lease.key(), snapshot) ? "; the owner was told to give it" : "");
    }

    private static boolean gives(WorkerId owner, LeaseKey lease, Snapshot snapshot) {
        return snapshot.control().plans().stream()
                .anyMatch(plan -> plan.worker().equals(owner) && plan.gives().containsKey(lease));
    }

    private static String reason(PlanRow plan, LeaseKey lease) {
        return String.valueOf(plan.leases().get(lease));
    }

    private static boolean isFinished(LeaseKey child, ShardId parent, Snapshot snapshot) {
        LeaseKey key = new LeaseKey(child.stream(), parent);
        return snapshot.leases().stream().anyMatch(lease -> lease.key().equals(key) && lease.isFinished());
    }

    private static String counts(String application, Snapshot snapshot) {
        long finished = snapshot.leases().stream().filter(LeaseRow::isFinished).count();
        return application + ": " + (snapshot.leases().size() - finished) + " leases to process, " + finished
                + " finished, " + snapshot.control().workers().size() + " workers, leader "
                + snapshot.leader()
                        .map(leader -> leader.leader().name() + " (epoch " + leader.epoch() + ")")
                        .orElse("none");
    }

    private static String workerLine(WorkerRow worker, Snapshot snapshot) {
        int planned = snapshot.control().plans().stream()
                .filter(plan -> plan.worker().equals(worker.id()))
                .mapToInt(plan -> plan.leases().size())
                .sum();
        return String.format(
                Locale.ROOT,
                "  %-24s %-10s %8d %8d  %-22s %s",
                worker.id().name(),
                worker.state().name().toLowerCase(Locale.ROOT),
                snapshot.owned(worker.id()),
                planned,
                heartbeat(worker.id(), snapshot).replace("heartbeat ", ""),
                worker.info().host());
    }

    private static String leaseLine(LeaseRow lease, Snapshot snapshot) {
        Optional<WorkerId> owner = lease.owner();
        boolean silent = owner.map(id -> {
                    Silence silence = snapshot.silences().get(id);
                    return silence == null || !silence.moved();
                })
                .orElse(false);
        return String.format(
                Locale.ROOT,
                "  %-34s %-18s %6d  %-20s %s",
                lease.key(),
                owner.map(id -> id.name() + (silent ? " (silent)" : "")).orElse("-"),
                lease.epoch(),
                text(snapshot.state(lease)),
                text(lease.checkpoint()));
    }

    private static JsonObject json(LeaseRow lease, Snapshot snapshot) {
        Optional<WorkerId> owner = lease.owner();
        Silence silence = owner.map(id -> snapshot.silences().get(id)).orElse(null);
        return new JsonObject()
                .put("kind", "lease")
                .put("stream", lease.key().stream())
                .put("shard", lease.key().shard())
                .put("owner", owner.orElse(null))
                .put(
                        "ownerHeartbeatAgeMillis",
                        silence == null ? null : silence.lasted().toMillis())
                .put("epoch", lease.epoch())
                .put("state", text(snapshot.state(lease)))
                .put("checkpoint", text(lease.checkpoint()))
                .put("parents", lease.lineage().parents())
                .put("children", lease.lineage().children())
                .put(
                        "plannedFor",
                        snapshot.plan(lease.key()).map(PlanRow::worker).orElse(null))
                .put("why", why(lease, snapshot));
    }

    private static String heartbeat(WorkerId worker, Snapshot snapshot) {
        Silence silence = snapshot.silences().get(worker);
        if (silence == null) {
            return "heartbeat is gone, it left or was removed";
        }
        double seconds = silence.lasted().toMillis() / 1000.0;
        return String.format(
                Locale.ROOT, silence.moved() ? "heartbeat moved %.1f s ago" : "heartbeat silent for %.1f s", seconds);
    }

    private static String text(Snapshot.State state) {
        return switch (state) {
            case FINISHED -> "finished";
            case WAITS_FOR_PARENTS -> "waits for parents";
            case OPEN -> "open";
        };
    }

    static String text(Checkpoint checkpoint) {
        if (checkpoint instanceof Checkpoint.NotStarted start) {
            return text(start.position());
        }
        if (checkpoint instanceof Checkpoint.Processed processed) {
            long sub = processed.position().subSequenceNumber();
            return processed.position().sequenceNumber() + (sub == 0 ? "" : "/" + sub);
        }
        return "shard_end";
    }

    static String text(Position.Initial position) {
        return position instanceof Position.AtTimestamp at
                ? at.time().toString()
                : position instanceof Position.Latest ? "latest" : "trim_horizon";
    }

    private static String join(List<ShardId> shards) {
        return shards.stream().map(ShardId::value).collect(Collectors.joining(" and "));
    }
}
