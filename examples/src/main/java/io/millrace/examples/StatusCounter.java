package io.millrace.examples;

import io.millrace.consumer.Worker;
import io.millrace.consumer.processor.RecordBatch;
import io.millrace.consumer.processor.RecordProcessor;
import io.millrace.model.StreamRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts web server answers by status, shard by shard, from a stream of access log lines. Start it in several terminals
 * and they share the shards.
 *
 * <pre>
 * java ... io.millrace.examples.StatusCounter STREAM
 * </pre>
 */
public final class StatusCounter implements RecordProcessor {
    /** The status stands after the quoted request: {@code "GET / HTTP/1.1" 200}. */
    private static final Pattern STATUS = Pattern.compile("\" (\\d{3}) ");

    private final Map<String, Integer> counts = new TreeMap<>();

    @Override
    public void processRecords(RecordBatch batch) {
        for (StreamRecord record : batch.records()) {
            counts.merge(status(record.data().toUtf8()), 1, Integer::sum);
        }
        System.out.println(batch.shard().shard() + " " + counts);
    }

    /** The status of one line, or {@code other} when it has none. */
    static String status(String line) {
        Matcher matcher = STATUS.matcher(line);
        return matcher.find() ? matcher.group(1) : "other";
    }

    /**
     * Runs until the process is told to stop. Without the name it prints how to call it and ends with exit code 2.
     *
     * @param arguments the stream's name
     */
    public static void main(String[] arguments) {
        if (arguments.length != 1) {
            System.err.println("usage: java ... io.millrace.examples.StatusCounter STREAM");
            System.exit(2);
        }
        try (Worker worker = Worker.builder().application("status-counter").stream(arguments[0])
                .processor(StatusCounter::new)
                .build()) {
            Runtime.getRuntime().addShutdownHook(new Thread(worker::close));
            worker.run();
        }
    }
}
