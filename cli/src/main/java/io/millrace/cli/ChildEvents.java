package io.millrace.cli;

import io.millrace.cli.terminal.JsonObject;
import io.millrace.multilang.child.ChildEnd;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import java.time.InstantSource;

/** Appends what happens to a daemon's children to its file of events. */
final class ChildEvents implements ChildListener {
    private final EventFile file;
    private final InstantSource clock;

    ChildEvents(EventFile file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    @Override
    public void started(ChildName child, long pid) {
        file.write(about("child-started", child, pid));
    }

    @Override
    public void ended(ChildName child, long pid, String reason, ChildEnd end) {
        boolean isFailure = end != ChildEnd.WANTED;
        file.write(about("child-ended", child, pid).put("failed", isFailure).put("reason", reason));
    }

    @Override
    public void lettersWritten(ChildName child, int letters) {
        file.write(about("letter", child).put("records", letters));
    }

    private JsonObject about(String event, ChildName child, long pid) {
        return about(event, child).put("pid", pid);
    }

    private JsonObject about(String event, ChildName child) {
        return new JsonObject()
                .put("time", clock.instant())
                .put("event", event)
                .put("stream", child.stream())
                .put("shard", child.shard());
    }
}
