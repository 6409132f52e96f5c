package io.millrace.cli.leases;

import io.millrace.cli.terminal.ScreenSize;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A snapshot as a person reads it. Pure functions. */
final class LeaseReport {
    private LeaseReport() {}

    /** Counts, workers, leases. */
    static List<String> lines(String application, Snapshot snapshot) {
        LeaseReasons reasons = new LeaseReasons(snapshot);
        List<String> lines = new ArrayList<>();
        lines.add(counts(application, snapshot));
        snapshot.control().streams().stream()
                .filter(StreamRow::importing)
                .forEach(stream -> lines.add("stream " + stream.name()
                        + ": an import has not finished, no worker starts; run `millrace leases import` again"));
        snapshot.control().streams().stream()
                .filter(StreamRow::deleting)
                .forEach(stream -> lines.add("stream " + stream.name()
                        + ": a deletion has not finished, no worker starts; run `millrace leases delete` again"));
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
        snapshot.control().workers().forEach(worker -> lines.add(line(worker, snapshot, reasons)));
        lines.add("");
        lines.add(String.format(
                Locale.ROOT, "  %-34s %-18s %6s  %-20s %s", "lease", "owner", "epoch", "state", "checkpoint"));
        snapshot.leases().forEach(lease -> lines.add(line(lease, snapshot, reasons)));
        return lines;
    }

    /** A line for each row that cannot be read. */
    static List<String> unreadable(Snapshot snapshot) {
        return snapshot.unreadable().stream()
                .map(row -> "row '" + row.entity() + "' cannot be read and is left alone: " + row.reason())
                .toList();
    }

    /** What fits the screen; the last line tells how many do not. */
    static List<String> fit(List<String> lines, ScreenSize size) {
        int room = size.room();
        if (lines.size() <= room) {
            return size.fit(lines);
        }
        List<String> shown = new ArrayList<>(lines.subList(0, room - 1));
        shown.add("  and " + (lines.size() - room + 1) + " more lines");
        return size.fit(shown);
    }

    private static String counts(String application, Snapshot snapshot) {
        long finished = snapshot.leases().stream().filter(LeaseRow::isFinished).count();
        return application + ": " + counted(snapshot.leases().size() - finished, "lease") + " to process, " + finished
                + " finished, " + counted(snapshot.control().workers().size(), "worker") + ", leader "
                + snapshot.leader()
                        .map(leader -> leader.leader().name() + " (epoch " + leader.epoch()
                                + (snapshot.silences().containsKey(leader.leader()) ? ")" : ", gone)"))
                        .orElse("none");
    }

    private static String counted(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private static String line(WorkerRow worker, Snapshot snapshot, LeaseReasons reasons) {
        return String.format(
                Locale.ROOT,
                "  %-24s %-10s %8d %8d  %-22s %s",
                worker.id().name(),
                worker.state().name().toLowerCase(Locale.ROOT),
                snapshot.owned(worker.id()),
                snapshot.planned(worker.id()),
                reasons.heartbeat(worker.id()).replace("heartbeat ", ""),
                worker.info().host());
    }

    private static String line(LeaseRow lease, Snapshot snapshot, LeaseReasons reasons) {
        Optional<WorkerId> owner = lease.owner();
        return String.format(
                Locale.ROOT,
                "  %-34s %-18s %6d  %-20s %s",
                lease.key(),
                owner.map(id -> id.name() + (snapshot.isSilent(id) ? " (silent)" : ""))
                        .orElse("-"),
                lease.epoch(),
                reasons.state(lease).text(),
                text(lease.checkpoint()));
    }

    /** A sequence number, with a sub-sequence number behind a slash; an initial position; or {@code shard_end}. */
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

    /** As {@code --from} reads it. */
    static String text(Position.Initial position) {
        return position instanceof Position.AtTimestamp at
                ? at.time().toString()
                : position instanceof Position.Latest ? "latest" : "trim_horizon";
    }
}
