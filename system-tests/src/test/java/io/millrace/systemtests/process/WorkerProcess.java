package io.millrace.systemtests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code millrace consume} process: what it printed, and what its event file says that it owns. */
final class WorkerProcess implements AutoCloseable {
    private static final Pattern FIELD = Pattern.compile("\"(\\w+)\"\\s*:\\s*(?:\"([^\"]*)\"|(-?\\d+))");

    private final MillraceProcess process;
    private final Path events;
    private final Consumer<Processed> onRecord;
    private final Set<String> processedShards = ConcurrentHashMap.newKeySet();
    private boolean killed;

    /** One record that a worker printed. */
    record Processed(String shard, String data) {}

    /** One line of an event file. */
    record Event(String event, String shard, long epoch) {}

    WorkerProcess(
            String name,
            String stream,
            Path folder,
            Map<String, String> environment,
            long failoverSeconds,
            Consumer<Processed> onRecord) {
        this.events = folder.resolve(name + ".events");
        this.onRecord = onRecord;
        this.process = MillraceProcess.start(
                environment,
                this::onLine,
                List.of(
                        "consume",
                        stream,
                        "--app",
                        "fleet-test",
                        "--worker-id",
                        name,
                        "--failover",
                        Long.toString(failoverSeconds),
                        "--json",
                        "--events",
                        events.toString()));
    }

    /** The shards that it owns by its own account; none once it was killed. */
    Set<String> shards() {
        Set<String> owned = new TreeSet<>();
        for (Event event : killed ? List.<Event>of() : events()) {
            switch (event.event) {
                case "lease-taken" -> owned.add(event.shard);
                case "lease-lost", "shard-ended" -> owned.remove(event.shard);
                case "stopped" -> owned.clear();
                default -> {}
            }
        }
        return owned;
    }

    /** All that its event file holds, whole lines only. */
    List<Event> events() {
        if (!Files.exists(events)) {
            return List.of();
        }
        try {
            String text = Files.readString(events);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .map(WorkerProcess::parseEvent)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The shards of which it printed records since {@link #forgetProcessedShards}. */
    Set<String> processedShards() {
        return processedShards;
    }

    void forgetProcessedShards() {
        processedShards.clear();
    }

    void kill() {
        process.kill();
        killed = true;
    }

    void terminate() {
        process.terminate();
    }

    int exitCode() {
        return process.exitCode();
    }

    @Override
    public void close() {
        process.close();
    }

    /** What a failed test says of it. */
    @Override
    public String toString() {
        return process + ": processed " + new TreeSet<>(processedShards) + " lately, events " + events();
    }

    private void onLine(String line) {
        Map<String, String> fields = fields(line);
        String shard = fields.get("shard");
        String data = fields.get("data");
        if (shard != null && data != null) {
            processedShards.add(shard);
            onRecord.accept(new Processed(shard, new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8)));
        }
    }

    private static Event parseEvent(String line) {
        Map<String, String> fields = fields(line);
        return new Event(
                fields.getOrDefault("event", ""),
                fields.getOrDefault("shard", ""),
                Long.parseLong(fields.getOrDefault("epoch", "0")));
    }

    private static Map<String, String> fields(String line) {
        Map<String, String> fields = new ConcurrentHashMap<>();
        Matcher matcher = FIELD.matcher(line);
        while (matcher.find()) {
            fields.put(matcher.group(1), matcher.group(2) != null ? matcher.group(2) : matcher.group(3));
        }
        return fields;
    }
}
