package io.millrace.cli.demo;

import io.millrace.cli.streams.BatchWriter;
import io.millrace.cli.streams.KeyRule;
import io.millrace.cli.terminal.Pause;
import io.millrace.model.Bytes;
import io.millrace.runtime.Ticker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts lines at an even pace, each with its running number within its key in front. The key is the first word of the
 * line. Blocks; for one thread.
 */
final class Producer {
    private static final Duration TICK = Duration.ofMillis(50);

    private final BatchWriter writer;
    private final Ticker ticker;
    private final Map<String, Integer> numbers = new HashMap<>();

    Producer(BatchWriter writer, Ticker ticker) {
        this.writer = writer;
        this.ticker = ticker;
    }

    /** Spreads the lines over {@code time}, as far as the script lets it. */
    void run(List<Bytes> lines, Duration time, Script script) {
        long started = ticker.nanoTime();
        int next = 0;
        while (next < lines.size()) {
            double share = (double) ticker.since(started).toNanos() / time.toNanos();
            long due = Math.min(script.allowed(), (long) Math.ceil(Math.min(1, share) * lines.size()));
            while (next < due) {
                add(lines.get(next));
                next++;
            }
            writer.drain();
            if (next < lines.size()) {
                Pause.of(TICK);
            }
        }
    }

    private void add(Bytes line) {
        String key = keyOf(line.toUtf8());
        byte[] number = (numbers.merge(key, 1, Integer::sum) + "\t").getBytes(StandardCharsets.UTF_8);
        byte[] data = new byte[number.length + line.size()];
        System.arraycopy(number, 0, data, 0, number.length);
        line.copyTo(data, number.length);
        writer.add(key, Bytes.wrap(data));
    }

    private static String keyOf(String line) {
        String[] words = line.strip().split("\\s+", 2);
        return words[0].isEmpty() ? "-" : words[0].substring(0, Math.min(words[0].length(), KeyRule.LONGEST));
    }
}
