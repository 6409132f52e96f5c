package io.millrace.cli.leases;

import io.millrace.cli.terminal.ScreenSize;
import io.millrace.cli.terminal.ShownLine;
import io.millrace.lease.LeaseStatus;
import io.millrace.lease.WorkerId;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.PauseRow;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.WorkerRow;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A snapshot as a person reads it. Pure functions. */
final class LeaseReport {
    /** The fewest columns that a terminal has. */
    static final int WIDTH = 80;

    private static final String WORKER = "  %-20s %-8s %5s %7s  %-19s %s";

    /** The columns beside the lease and its owner: the margins, {@code epoch}, {@code lag}, {@code saved} and the longest state. */
    private static final int REST_OF_LEASE = 32;

    /** A sink that is down breaks all shards: so many of them are named. */
    private static final int MOST_WRONG = 20;

    private LeaseReport() {}

    /** Counts, what is wrong, workers, leases: each line of the tables at most {@value #WIDTH} characters. */
    static List<ShownLine> lines(String application, Snapshot snapshot) {
        LeaseReasons reasons = new LeaseReasons(snapshot);
        List<ShownLine> lines = new ArrayList<>();
        lines.add(ShownLine.plain(counts(application, snapshot)));
        lines.addAll(wrong(snapshot, reasons.findings()));
        lines.addAll(paused(snapshot.pauses()));
        lines.add(ShownLine.plain(""));
        lines.add(ShownLine.plain(
                cut(String.format(Locale.ROOT, WORKER, "worker", "state", "owns", "planned", "heartbeat", "host"))));
        snapshot.control().workers().forEach(worker -> lines.add(line(worker, snapshot, reasons)));
        lines.add(ShownLine.plain(""));
        String format = leaseFormat(snapshot);
        lines.add(ShownLine.plain(
                String.format(Locale.ROOT, format, "lease", "owner", "epoch", "lag", "saved", "state")));
        snapshot.leases().forEach(lease -> lines.add(line(lease, format, reasons)));
        return lines;
    }

    private static List<ShownLine> paused(PauseRow pauses) {
        List<ShownLine> lines = new ArrayList<>();
        if (pauses.allOrNull() != null) {
            lines.add(ShownLine.plain("all is paused since " + pauses.allOrNull()));
        }
        pauses.leases().forEach((lease, note) -> lines.add(ShownLine.plain(lease + " is paused since " + note)));
        return lines;
    }

    /** The reasons why the application or a part of it does not go on: first the workers, then the leases, a line each. */
    private static List<ShownLine> wrong(Snapshot snapshot, Findings findings) {
        List<String> lines = new ArrayList<>();
        snapshot.control().streams().stream()
                .filter(StreamRow::importing)
                .forEach(stream -> lines.add("stream " + stream.name()
                        + ": an import has not finished, no worker starts; run `millrace leases import` again"));
        snapshot.control().streams().stream()
                .filter(StreamRow::deleting)
                .forEach(stream -> lines.add("stream " + stream.name()
                        + ": a deletion has not finished, no worker starts; run `millrace leases delete` again"));
        lines.addAll(findings.ofWorkers());
        List<String> leases = snapshot.leases().stream()
                .filter(lease -> findings.of(lease).isWrong())
                .map(lease -> lease.key() + " " + findings.of(lease).kind().text() + ": "
                        + findings.of(lease).reason())
                .toList();
        lines.addAll(leases.subList(0, Math.min(MOST_WRONG, leases.size())));
        if (leases.size() > MOST_WRONG) {
            lines.add("and " + (leases.size() - MOST_WRONG) + " more leases, see --why");
        }
        if (findings.leftOut() > 0) {
            lines.add("their workers count " + findings.leftOut()
                    + " more leases that are not well, and do not name them");
        }
        return lines.stream().map(ShownLine::wrong).toList();
    }

    /** A line for each row that cannot be read. */
    static List<String> unreadable(Snapshot snapshot) {
        return snapshot.unreadable().stream()
                .map(row -> "row '" + row.entity() + "' cannot be read and is left alone: " + row.reason())
                .toList();
    }

    /** What fits the screen; the last line tells how many do not. */
    static List<ShownLine> fit(List<ShownLine> lines, ScreenSize size) {
        int room = size.room();
        List<ShownLine> shown = new ArrayList<>(lines.subList(0, Math.min(lines.size(), room)));
        if (lines.size() > room) {
            shown.set(room - 1, ShownLine.plain("  and " + (lines.size() - room + 1) + " more lines"));
        }
        return shown.stream()
                .map(line -> new ShownLine(size.fit(List.of(line.text())).get(0), line.isWrong()))
                .toList();
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

    private static ShownLine line(WorkerRow worker, Snapshot snapshot, LeaseReasons reasons) {
        String text = String.format(
                Locale.ROOT,
                WORKER,
                worker.id().name(),
                worker.state().name().toLowerCase(Locale.ROOT),
                Long.toString(snapshot.owned(worker.id())),
                Integer.toString(snapshot.planned(worker.id())),
                reasons.heartbeat(worker.id()).replace("heartbeat ", ""),
                worker.info().host());
        return new ShownLine(cut(text), snapshot.isSilent(worker.id()));
    }

    /** As wide as the names need; where both do not fit, those of owners are cut, for a shard's is needed elsewhere. */
    private static String leaseFormat(Snapshot snapshot) {
        int lease = snapshot.leases().stream()
                .mapToInt(one -> one.key().toString().length())
                .max()
                .orElse(0);
        int owner = snapshot.leases().stream()
                .flatMap(one -> one.owner().stream())
                .mapToInt(id -> id.name().length())
                .max()
                .orElse(0);
        int room = Math.max(5, WIDTH - REST_OF_LEASE - Math.max(5, lease));
        int width = Math.min(room, Math.max(5, owner));
        return "  %-" + Math.max(5, lease) + "s %-" + width + "." + width + "s %6s %5s %5s  %s";
    }

    private static ShownLine line(LeaseRow lease, String format, LeaseReasons reasons) {
        Findings findings = reasons.findings();
        Findings.Finding finding = findings.of(lease);
        String text = String.format(
                Locale.ROOT,
                format,
                lease.key(),
                lease.owner().map(WorkerId::name).orElse("-"),
                Long.toString(lease.epoch()),
                lag(lease, findings),
                findings.checkpointAge(lease).map(Spans::text).orElse("-"),
                finding.kind().text());
        return new ShownLine(text, finding.isWrong());
    }

    private static String lag(LeaseRow lease, Findings findings) {
        if (lease.isFinished() || !findings.isTold(lease)) {
            return "-";
        }
        return findings.status(lease.key())
                .map(LeaseStatus::behind)
                .filter(behind -> behind.compareTo(LeaseStatus.NOT_WORTH_TELLING) >= 0)
                .map(Spans::text)
                .orElse("<" + Spans.text(LeaseStatus.NOT_WORTH_TELLING));
    }

    private static String cut(String line) {
        return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 1) + "~";
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
