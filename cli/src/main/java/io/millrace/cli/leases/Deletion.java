package io.millrace.cli.leases;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.lease.table.ControlRows;
import io.millrace.lease.table.LeaseRow;
import io.millrace.lease.table.LeaseTable;
import io.millrace.lease.table.Row;
import io.millrace.lease.table.StreamRow;
import io.millrace.lease.table.UnreadableRow;
import io.millrace.lease.table.WriteOutcome;
import io.millrace.model.StreamName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Deletes an application's rows, or those of one stream. The streams' rows are marked first and go last: while one is there no
 * worker that reads the stream starts, so none finds half of the leases, and another run ends what broke off. Every row
 * goes only as it was read. Blocks; for one thread, once.
 */
final class Deletion {
    private static final String STOP_FIRST = "stop them first, a deletion cannot be forced";
    private static final String AGAIN = "stop all workers and run this again, until then none can start";

    private final LeaseTable table;
    private final TableView view;
    private final Optional<StreamName> only;
    private final Consumer<String> tell;

    /**
     * Nothing is done yet.
     *
     * @param only the stream whose rows go; none for all rows
     * @param tell is told of each lease and stream that is gone
     */
    Deletion(LeaseTable table, TableView view, Optional<StreamName> only, Consumer<String> tell) {
        this.table = table;
        this.view = view;
        this.only = only;
        this.tell = tell;
    }

    /**
     * Does it.
     *
     * @return false if there was nothing to delete
     * @throws CommandFailure while a worker lives
     */
    boolean run() {
        ControlRows control = view.control();
        if (rest(control).isEmpty()
                && streams(control).isEmpty()
                && unreadableStreams().isEmpty()) {
            return false;
        }
        view.refuseWhileWorkersLive(STOP_FIRST);
        List<StreamRow> marked =
                streams(view.control()).stream().map(this::mark).toList();
        // Read before the look, so that whoever joined after it has changed what it needs.
        List<Row> rest = rest(view.control());
        view.refuseWhoMoved(AGAIN);
        rest.forEach(this::delete);
        view.refuseWhoMoved(AGAIN);
        leases().stream().findFirst().ifPresent(lease -> {
            throw CommandFailure.failed("lease " + lease.key() + " was just made by a worker; " + AGAIN);
        });
        marked.forEach(this::delete);
        // No worker reads a stream whose row cannot be read, so such a row was a mark by itself.
        unreadableStreams().forEach(this::delete);
        return true;
    }

    /** All but the streams. Workers first: one that was only slow learns that it is over before anything else goes. */
    private List<Row> rest(ControlRows control) {
        List<Row> rows = new ArrayList<>();
        if (only.isEmpty()) {
            rows.addAll(control.workers());
            rows.addAll(control.plans());
            rows.addAll(view.told());
        }
        rows.addAll(leases());
        rows.addAll(unreadable().filter(row -> !isOfStream(row)).toList());
        if (only.isEmpty()) {
            view.news().ifPresent(rows::add);
            view.leader().ifPresent(rows::add);
            Optional.of(view.pauses()).filter(row -> row.revision() > 0).ifPresent(rows::add);
        }
        return rows;
    }

    private Stream<UnreadableRow> unreadable() {
        return only.isEmpty()
                ? view.unreadable().stream()
                : view.unreadableOfStreams().stream().filter(row -> row.stream().equals(only));
    }

    private List<UnreadableRow> unreadableStreams() {
        return unreadable().filter(Deletion::isOfStream).toList();
    }

    private static boolean isOfStream(UnreadableRow row) {
        return row.stream().isPresent() && row.lease().isEmpty();
    }

    private List<LeaseRow> leases() {
        return view.leases().stream()
                .filter(lease -> isChosen(lease.key().stream()))
                .toList();
    }

    private List<StreamRow> streams(ControlRows control) {
        return control.streams().stream()
                .filter(stream -> isChosen(stream.name()))
                .toList();
    }

    private boolean isChosen(StreamName stream) {
        return only.isEmpty() || only.get().equals(stream);
    }

    private StreamRow mark(StreamRow stream) {
        if (stream.deleting()) {
            return stream;
        }
        StreamRow marked = stream.duringDeletion();
        if (!table.put(marked).join().isApplied()) {
            throw changed(stream);
        }
        return marked.withRevision(stream.revision() + 1);
    }

    private void delete(Row row) {
        // One that is gone already is as good: another run of this, or a worker's own last act.
        if (table.delete(row).join() instanceof WriteOutcome.Conflict conflict
                && conflict.current().isPresent()) {
            throw changed(row);
        }
        if (row instanceof LeaseRow lease) {
            tell.accept("deleted " + lease.key() + " at " + LeaseReport.text(lease.checkpoint()));
        } else if (row instanceof UnreadableRow unreadable) {
            tell.accept("deleted the row '" + unreadable.entity() + "', which could not be read");
        } else if (row instanceof StreamRow stream) {
            tell.accept("deleted the row of stream " + stream.name());
        }
    }

    private static CommandFailure changed(Row row) {
        return CommandFailure.failed("the row " + row.entity() + " was just changed by somebody; " + AGAIN);
    }
}
