package io.millrace.cli.leases;

import io.millrace.cli.leases.Snapshot.Silence;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PlanRow;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot as one JSON document, in the shape that {@code docs/leases.md} promises: members may be added, none goes away
 * or changes its meaning. Pure functions.
 */
final class LeaseJson {
    private LeaseJson() {}

    static JsonObject document(String application, String table, Snapshot snapshot) {
        LeaseReasons reasons = new LeaseReasons(snapshot);
        return new JsonObject()
                .put("application", application)
                .put("table", table)
                .put(
                        "leader",
                        snapshot.leader()
                                .map(leader -> new JsonObject()
                                        .put("worker", leader.leader())
                                        .put("epoch", leader.epoch()))
                                .orElse(null))
                .put(
                        "workers",
                        snapshot.control().workers().stream()
                                .map(worker -> worker(worker, snapshot))
                                .toList())
                .put(
                        "streams",
                        snapshot.control().streams().stream()
                                .map(LeaseJson::stream)
                                .toList())
                .put(
                        "leases",
                        snapshot.leases().stream()
                                .map(lease -> lease(lease, snapshot, reasons))
                                .toList())
                .put(
                        "unreadable",
                        snapshot.unreadable().stream()
                                .map(row -> new JsonObject()
                                        .put("row", row.entity())
                                        .put("reason", row.reason()))
                                .toList())
                .put("wrong", reasons.findings().ofWorkers());
    }

    private static JsonObject worker(WorkerRow worker, Snapshot snapshot) {
        int most = worker.info().maxLeases();
        return new JsonObject()
                .put("worker", worker.id())
                .put("name", worker.id().name())
                .put("state", worker.state())
                .put("heartbeat", worker.revision())
                .put("heartbeatMoved", !snapshot.isSilent(worker.id()))
                .put("heartbeatAgeMillis", ageMillis(worker.id(), snapshot))
                .put("owns", snapshot.owned(worker.id()))
                .put("planned", snapshot.planned(worker.id()))
                .put("maxLeases", most == Integer.MAX_VALUE ? null : most)
                .put("streams", worker.info().streams())
                .put("host", worker.info().host())
                .put("version", worker.info().version());
    }

    private static JsonObject stream(StreamRow stream) {
        return new JsonObject()
                .put("stream", stream.name())
                .put("arn", stream.identity().arn())
                .put("created", stream.identity().created())
                .put("initialPosition", LeaseReport.text(stream.initialPosition()))
                .put("importing", stream.importing())
                .put("deleting", stream.deleting());
    }

    private static JsonObject lease(LeaseRow lease, Snapshot snapshot, LeaseReasons reasons) {
        Optional<WorkerId> owner = lease.owner();
        JsonObject object = new JsonObject()
                .put("stream", lease.key().stream())
                .put("shard", lease.key().shard())
                .put("state", reasons.state(lease))
                .put("owner", owner.orElse(null))
                .put(
                        "ownerHeartbeatAgeMillis",
                        owner.map(id -> ageMillis(id, snapshot)).orElse(null))
                .put("epoch", lease.epoch());
        putCheckpoint(lease.checkpoint(), object);
        return object.put("parents", lease.lineage().parents())
                .put("children", lease.lineage().children())
                .put("hashStart", lease.lineage().hashKeyRange().start())
                .put("hashEnd", lease.lineage().hashKeyRange().end())
                .put("bytesPerSecond", lease.load() < 0 ? null : lease.load())
                .put(
                        "plannedFor",
                        reasons.plan(lease.key()).map(PlanRow::worker).orElse(null))
                .put("nextFor", reasons.next(lease.key()).map(to -> to.worker()).orElse(null))
                .put("why", reasons.why(lease))
                .put(
                        "progress",
                        progress(lease, reasons.findings(), snapshot.pauses().note(lease.key())))
                .put("skips", lease.notes().skips());
    }

    /** How it gets on; what its worker says stands beside what is made of it. */
    private static JsonObject progress(LeaseRow lease, Findings findings, Optional<String> paused) {
        Findings.Finding finding = findings.of(lease);
        Optional<LeaseStatus> status = findings.status(lease.key());
        return new JsonObject()
                .put("state", finding.kind())
                .put("wrong", finding.isWrong())
                .put("reason", finding.reason().isEmpty() ? null : finding.reason())
                .put("paused", paused.orElse(null))
                .put("told", findings.isTold(lease))
                .put(
                        "behindMillis",
                        status.map(LeaseStatus::behind).map(Duration::toMillis).orElse(null))
                .put("trend", status.map(LeaseStatus::trend).orElse(null))
                .put("busyPercent", status.map(LeaseStatus::busyPercent).orElse(null))
                .put("doing", status.map(LeaseStatus::doing).orElse(null))
                .put(
                        "checkpointAgeMillis",
                        findings.checkpointAge(lease).map(Duration::toMillis).orElse(null))
                .put(
                        "fails",
                        status.flatMap(LeaseStatus::failure)
                                .map(LeaseJson::failure)
                                .orElse(null))
                .put(
                        "waits",
                        status.flatMap(LeaseStatus::longWait)
                                .map(LeaseJson::longWait)
                                .orElse(null));
    }

    private static JsonObject failure(LeaseStatus.Failure failure) {
        Optional<LeaseStatus.Batch> batch = failure.batch();
        return new JsonObject()
                .put("what", failure.what())
                .put("since", failure.since())
                .put("times", failure.times())
                .put("records", batch.map(LeaseStatus.Batch::records).orElse(null))
                .put(
                        "first",
                        batch.map(LeaseStatus.Batch::first).map(Findings::text).orElse(null))
                .put(
                        "last",
                        batch.map(LeaseStatus.Batch::last).map(Findings::text).orElse(null));
    }

    private static JsonObject longWait(LeaseStatus.Wait wait) {
        return new JsonObject()
                .put("for", wait.what())
                .put("since", wait.since())
                .put("stuck", wait.isStuck())
                .put("place", wait.place());
    }

    private static void putCheckpoint(Checkpoint checkpoint, JsonObject object) {
        String kind = "SHARD_END";
        SequenceNumber sequence = null;
        Long sub = null;
        Object time = null;
        if (checkpoint instanceof Checkpoint.Processed processed) {
            kind = "SEQUENCE_NUMBER";
            sequence = processed.position().sequenceNumber();
            sub = processed.position().subSequenceNumber();
        } else if (checkpoint instanceof Checkpoint.NotStarted start) {
            Position.Initial position = start.position();
            kind = position instanceof Position.TrimHorizon
                    ? "TRIM_HORIZON"
                    : position instanceof Position.Latest ? "LATEST" : "AT_TIMESTAMP";
            time = position instanceof Position.AtTimestamp at ? at.time() : null;
        }
        object.put("checkpoint", kind)
                .put("sequenceNumber", sequence)
                .put("subSequenceNumber", sub)
                .put("timestamp", time);
    }

    private static @Nullable Long ageMillis(WorkerId worker, Snapshot snapshot) {
        return Optional.ofNullable(snapshot.silences().get(worker))
                .map(Silence::lasted)
                .map(Duration::toMillis)
                .orElse(null);
    }
}
