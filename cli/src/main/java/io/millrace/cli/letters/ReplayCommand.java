package io.millrace.cli.letters;

import io.millrace.cli.streams.Patience;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.ErrorLine;
import io.millrace.cli.terminal.JsonObject;
import io.millrace.cli.terminal.Seconds;
import io.millrace.cli.terminal.Terminal;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** {@code millrace letters replay SOURCE}. */
@Command(
        name = "replay",
        description = {
            "Put the records of dead letters back: into the stream that each is from, under its partition key.",
            "Without --yes it tells what it would put back, and ends with 2.",
            "What is put back is noted, for a file in a file beside it, and left out the next time. A queue's letters are"
                    + " deleted once their records are put back. A record whose answer was lost may be put back twice."
        })
public final class ReplayCommand implements Callable<Integer> {
    private static final String ENDING = ".replayed";

    private final Terminal terminal;
    private final AwsAccess access;
    private final Platform platform = new SystemPlatform();

    @Parameters(paramLabel = "SOURCE", description = "A file of letters, stream:NAME or stream:ARN, or sqs:QUEUE_URL.")
    private String source;

    @Option(
            names = "--to",
            paramLabel = "NAME|ARN",
            description = "Put all records into this stream. Default: each into the stream that it is from.")
    private @Nullable String to;

    @Option(
            names = "--only",
            paramLabel = "SHARD:SEQUENCE:SUB",
            split = ",",
            description = "Only these letters, by the ids that show prints; divided by commas, or given several times.")
    private List<String> only = List.of();

    @Option(names = "--shard", paramLabel = "S", description = "Of this shard only: its id, or STREAM/ID.")
    private @Nullable String shard;

    @Option(
            names = "--marks",
            paramLabel = "F",
            description =
                    "Note in this file what is put back, and leave out what stands there. Default: SOURCE.replayed for"
                            + " a file; none for a stream or a queue.")
    private @Nullable Path marks;

    @Option(names = "--again", description = "Put back also what stands in the marks.")
    private boolean again;

    @Option(names = "--yes", description = "Do it.")
    private boolean yes;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "300",
            converter = Seconds.class,
            description = "How long a stream may store nothing before replay gives up. Default: 300.")
    private Duration patience;

    @Option(names = "--json", description = "Print the summary as JSON.")
    private boolean json;

    /** Made by the command line. */
    public ReplayCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException {
        LetterSource.Place place = LetterSource.place(source);
        if (to != null) {
            LetterSource.checkStream(to);
        }
        LetterChoice choice = new LetterChoice(shard, new HashSet<>(only));
        // A source that is not there makes no marks.
        LetterSource.open(place, access, note -> {}).close();
        @Nullable Path file = marksOf(place);
        if (file == null) {
            return run(place, choice, null);
        }
        try (ReplayMarks known = yes ? ReplayMarks.open(file) : ReplayMarks.look(file)) {
            return run(place, choice, known);
        }
    }

    private @Nullable Path marksOf(LetterSource.Place place) {
        if (marks != null || !(place instanceof LetterSource.InFile file)) {
            return marks;
        }
        return Path.of(file.path() + ENDING);
    }

    private int run(LetterSource.Place place, LetterChoice choice, @Nullable ReplayMarks known) throws IOException {
        if (!yes || !only.isEmpty()) {
            plan(place, choice, known);
        }
        Replay replay = replay(choice, known, this::note);
        try (LetterSource letters = LetterSource.open(place, access, this::note);
                KinesisAsyncClient kinesis = access.kinesis()) {
            Patience waiting = new Patience(patience, platform.ticker(), new ErrorLine(access)::of, this::note);
            replay.run(letters, kinesis, waiting, platform);
        } finally {
            report(replay);
        }
        if (replay.unreadable() > 0) {
            throw CommandFailure.failed(replay.unreadable() + " of the entries of " + source
                    + " cannot be read as letters; they are left as they are");
        }
        return CommandFailure.OK;
    }

    private Replay replay(LetterChoice choice, @Nullable ReplayMarks known, Consumer<String> notes) {
        return new Replay(choice, to, known, again, notes);
    }

    /** Looks first, and changes nothing if something is not as the user thinks. */
    private void plan(LetterSource.Place place, LetterChoice choice, @Nullable ReplayMarks known) throws IOException {
        Replay plan = replay(choice, known, note -> {});
        try (LetterSource letters = LetterSource.open(place, access, note -> {})) {
            plan.plan(letters);
        }
        Set<String> missing = new HashSet<>(only);
        missing.removeAll(plan.found());
        if (!missing.isEmpty()) {
            throw CommandFailure.failed(
                    "there is no letter " + missing.iterator().next() + " in " + source + "; nothing was put back");
        }
        if (!yes) {
            throw CommandFailure.usage(Replay.records(plan.replayed()) + " would be put back" + streams(plan)
                    + leftOut(plan) + "; add --yes to do it");
        }
    }

    private void report(Replay replay) {
        if (json) {
            JsonObject streams = new JsonObject();
            replay.perStream().forEach(streams::put);
            terminal.line(new JsonObject()
                    .put("source", source)
                    .put("replayed", replay.replayed())
                    .put("streams", streams)
                    .put("replayedBefore", replay.before())
                    .put("repeated", replay.repeated())
                    .put("unreadable", replay.unreadable())
                    .toString());
        } else {
            terminal.line("put back " + Replay.records(replay.replayed()) + streams(replay) + leftOut(replay));
        }
    }

    private static String streams(Replay replay) {
        return replay.perStream().entrySet().stream()
                .map(stream -> stream.getValue() + " into " + stream.getKey())
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(", "), text -> text.isEmpty() ? "" : ": " + text));
    }

    private static String leftOut(Replay replay) {
        List<String> parts = new ArrayList<>();
        if (replay.before() > 0) {
            parts.add(replay.before() + " put back before (--again puts them back too)");
        }
        if (replay.repeated() > 0) {
            parts.add(replay.repeated() + " that are kept twice");
        }
        return parts.isEmpty() ? "" : "; left out " + String.join(" and ", parts);
    }

    private void note(String text) {
        terminal.note("millrace: " + text);
    }
}
