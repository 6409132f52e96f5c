package io.millrace.cli;

import io.millrace.cli.streams.BatchWriter;
import io.millrace.cli.streams.KeyRule;
import io.millrace.cli.streams.LineReader;
import io.millrace.cli.streams.Patience;
import io.millrace.cli.streams.StreamAdmin;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.cli.terminal.Pause;
import io.millrace.cli.terminal.Seconds;
import io.millrace.cli.terminal.Terminal;
import io.millrace.model.Bytes;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import io.millrace.runtime.Ticker;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace put}: every line of a file or of standard input becomes a record. */
@Command(
        name = "put",
        description = {
            "Put a record per line, from a file or standard input.",
            "A line ends with LF or CR LF, which are no part of the record; other CRs are. The last line may end with the"
                    + " input. A blank line is a record without data; where --key takes the key from the line it has none,"
                    + " and put stops there.",
            "Records of the same key keep their order. What the stream refuses for the moment is put again, and after an"
                    + " outage put goes on; records whose answer was lost may then be stored twice."
        })
final class PutCommand implements Callable<Integer> {
    private static final Duration TERMINAL_PROGRESS = Duration.ofMillis(500);
    private static final Duration LOG_PROGRESS = Duration.ofSeconds(10);
    private static final int DEFAULT_RECORD_KIB = 1024;

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(paramLabel = "NAME|ARN", description = "The stream.")
    private String stream;

    @Option(names = "--file", paramLabel = "F", description = "Read this file. Default: standard input.")
    private @Nullable Path file;

    @Option(
            names = "--key",
            paramLabel = "random|FIELD",
            defaultValue = "random",
            description =
                    "Where a record's partition key comes from: random spreads records over all shards; a number is"
                            + " the column of the line, counted from 1, columns being divided by white space; any other word is"
                            + " a field of the line, which is then a JSON object. Default: random.")
    private String key;

    @Option(
            names = "--aggregate",
            description =
                    "Pack the lines of a shard into aggregates, in the format of the Kinesis Producer Library: cheaper,"
                            + " and taken apart by Millrace's workers and by the KCL, but not by every reader.")
    private boolean isAggregated;

    @Option(names = "--rate", paramLabel = "N", description = "Put at most N records a second.")
    private @Nullable Double rate;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Seconds.class,
            description = "How long the stream may store nothing before put gives up and says which line was the last"
                    + " that is stored. Default: 300.")
    private Duration patience;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    PutCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException {
        StreamCommand.checkName(stream);
        if (rate != null && !(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw CommandFailure.usage(
                    "--rate is a number of records a second above 0, not " + rate + "; without it there is no limit");
        }
        KeyRule rule = KeyRule.parse(key, platform.random());
        try (InputStream input = open();
                KinesisAsyncClient kinesis = access.kinesis()) {
            Optional<Integer> largest =
                    Optional.ofNullable(new StreamAdmin(kinesis).summary(stream).maxRecordSizeInKiB());
            try (BatchWriter writer =
                    new BatchWriter(kinesis, stream, isAggregated, platform, patience(), (number, key, shard) -> {})) {
                copy(new LineReader(input), rule, writer, largest.orElse(DEFAULT_RECORD_KIB) * 1024);
            }
        }
        return CommandFailure.OK;
    }

    private Patience patience() {
        return new Patience(
                patience, platform.ticker(), new ErrorLine(access)::of, note -> terminal.note("millrace: " + note));
    }

    private InputStream open() throws IOException {
        if (file == null) {
            return System.in;
        }
        if (Files.isDirectory(file)) {
            throw CommandFailure.failed(file + " is a folder, not a file");
        }
        // Unlike a channel's stream this one tells whether a read would block, on pipes as well.
        if (!Files.exists(file)) {
            throw CommandFailure.failed("no such file: " + file);
        }
        return new FileInputStream(file.toFile());
    }

    private void copy(LineReader lines, KeyRule rule, BatchWriter writer, int largest) throws IOException {
        Ticker ticker = platform.ticker();
        long started = ticker.nanoTime();
        long shown = started;
        Duration every = terminal.errIsTerminal() ? TERMINAL_PROGRESS : LOG_PROGRESS;
        long number = 0;
        try {
            for (Optional<Bytes> line = next(lines, writer); line.isPresent(); line = next(lines, writer)) {
                number++;
                addLine(line.get(), number, rule, writer, largest);
                pace(number, started, writer);
                if (ticker.since(shown).compareTo(every) > 0) {
                    shown = ticker.nanoTime();
                    terminal.progress(text("putting", writer, ticker.since(started)));
                }
            }
            writer.drain();
        } catch (RuntimeException e) {
            throw CommandFailure.failed(new ErrorLine(access).of(e) + "; " + writer.stored(), e);
        }
        report(writer, ticker.since(started));
    }

    private static void addLine(Bytes line, long number, KeyRule rule, BatchWriter writer, int largest) {
        String keyOfLine;
        try {
            keyOfLine = rule.keyOf(line);
            if (line.size() + keyOfLine.length() > largest) {
                throw CommandFailure.failed(
                        "with its key it has more than the " + largest + " bytes that this stream takes");
            }
        } catch (CommandFailure e) {
            writer.drain();
            throw CommandFailure.failed("line " + number + ": " + e.getMessage(), e);
        }
        writer.add(keyOfLine, line);
    }

    /** Does not keep records waiting for a slow input. */
    private static Optional<Bytes> next(LineReader lines, BatchWriter writer) throws IOException {
        if (lines.mayBlock()) {
            writer.drain();
        }
        return lines.read();
    }

    private void pace(long number, long started, BatchWriter writer) {
        if (rate != null) {
            Duration ahead = Duration.ofNanos((long) (number / rate * 1e9))
                    .minus(platform.ticker().since(started));
            if (ahead.toMillis() > 10) {
                writer.drain();
                Pause.of(ahead);
            }
        }
    }

    private void report(BatchWriter writer, Duration time) {
        if (json) {
            JsonObject shards = new JsonObject();
            for (Map.Entry<String, Long> shard : new TreeMap<>(writer.putPerShard()).entrySet()) {
                shards.put(shard.getKey(), shard.getValue());
            }
            terminal.line(new JsonObject()
                    .put("stream", stream)
                    .put("records", writer.records())
                    .put("bytes", writer.bytes())
                    .put("refusals", writer.refusals())
                    .put("seconds", time.toMillis() / 1000.0)
                    .put("shards", shards)
                    .toString());
        } else {
            terminal.line(text("put", writer, time));
        }
    }

    private String text(String verb, BatchWriter writer, Duration time) {
        double seconds = Math.max(0.001, time.toMillis() / 1000.0);
        return String.format(
                Locale.ROOT,
                "%s %,d records (%,d bytes) into %s in %.1f s, %,.0f a second",
                verb,
                writer.records(),
                writer.bytes(),
                stream,
                seconds,
                writer.records() / seconds);
    }
}
