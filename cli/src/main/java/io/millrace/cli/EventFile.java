package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.WorkerListener;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends a worker's events to a file, one JSON object a line, each written through at once. Called on event loops and closed
 * after them.
 */
final class EventFile implements WorkerListener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EventFile.class);

    private final @Nullable Writer writer;
    private volatile Consumer<String> printer;

    private EventFile(@Nullable Writer writer, Consumer<String> printer) {
        this.writer = writer;
        this.printer = printer;
    }

    /** Opens the file, or none. */
    static EventFile open(@Nullable Path path) {
        return open(path, event -> {});
    }

    /** The same; {@code printer} gets each line as well. */
    static EventFile open(@Nullable Path path, Consumer<String> printer) {
        if (path == null) {
            return new EventFile(null, printer);
        }
        try {
            return new EventFile(
                    Files.newBufferedWriter(
                            path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                    printer);
        } catch (IOException e) {
            throw CommandFailure.failed(
                    "cannot write to " + path + ": check that its folder exists and may be written", e);
        }
    }

    @Override
    public void onEvent(WorkerEvent event) {
        log.debug("{}", event);
        write(json(event));
    }

    /** Appends an event; safe for any thread. */
    void write(JsonObject event) {
        String line = event.toString();
        try {
            printer.accept(line);
        } catch (CommandFailure closed) {
            printer = none -> {};
            log.warn("Events are printed no more: {}", closed.getMessage());
        }
        if (writer == null) {
            return;
        }
        try {
            writer.write(line + "\n");
            writer.flush();
        } catch (IOException e) {
            log.warn("Cannot write to the file of events: {}", e.getMessage());
        }
    }

    /** The event as a JSON object with time, event, and shard and epoch where it is about a shard. */
    static JsonObject json(WorkerEvent event) {
        JsonObject json = new JsonObject().put("time", event.time());
        if (event instanceof WorkerEvent.Started started) {
            return json.put("event", "started").put("worker", started.worker());
        }
        if (event instanceof WorkerEvent.LeaseTaken taken) {
            return json.put("event", "lease-taken")
                    .put("stream", taken.stream())
                    .put("shard", taken.shard())
                    .put("epoch", taken.epoch());
        }
        if (event instanceof WorkerEvent.LeaseLost lost) {
            return json.put("event", "lease-lost")
                    .put("stream", lost.stream())
                    .put("shard", lost.shard())
                    .put("epoch", lost.epoch())
                    .put("released", lost.released())
                    .put("reason", lost.reason());
        }
        if (event instanceof WorkerEvent.ShardEnded ended) {
            return json.put("event", "shard-ended")
                    .put("stream", ended.stream())
                    .put("shard", ended.shard())
                    .put("epoch", ended.epoch())
                    .put("children", ended.children());
        }
        if (event instanceof WorkerEvent.ConsumerFailed failed) {
            return json.put("event", "consumer-failed")
                    .put("stream", failed.stream())
                    .put("shard", failed.shard())
                    .put("epoch", failed.epoch())
                    .put("reason", failed.reason());
        }
        if (event instanceof WorkerEvent.RecordsExpired expired) {
            json.put("event", "records-expired").put("stream", expired.stream()).put("shard", expired.shard());
            expired.from().ifPresent(from -> json.put("from", from));
            expired.until().ifPresent(until -> json.put("until", until));
            return json;
        }
        if (event instanceof WorkerEvent.ShardStuck stuck) {
            return json.put("event", "shard-stuck")
                    .put("stream", stuck.stream())
                    .put("shard", stuck.shard())
                    .put("epoch", stuck.epoch())
                    .put("waitsFor", stuck.waitsFor())
                    .put("since", stuck.since())
                    .put("stack", stuck.stack());
        }
        if (event instanceof WorkerEvent.StreamGone gone) {
            return json.put("event", "stream-gone").put("stream", gone.stream()).put("reason", gone.reason());
        }
        if (event instanceof WorkerEvent.Stopped stopped) {
            json.put("event", "stopped").put("worker", stopped.worker()).put("stillHeld", stopped.stillHeld());
            stopped.failure().ifPresent(reason -> json.put("reason", reason));
            return json;
        }
        throw new IllegalArgumentException("an event without a name: " + event);
    }

    @Override
    public void close() {
        if (writer != null) {
            try {
                writer.close();
            } catch (IOException e) {
                log.warn("Cannot close the file of events: {}", e.getMessage());
            }
        }
    }
}
