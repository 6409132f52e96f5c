package io.millrace.cli.letters;

import io.millrace.cli.letters.LetterSource.Entry;
import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.cli.terminal.Terminal;
import io.millrace.consumer.letters.Letter;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace letters show SOURCE}. */
@Command(
        name = "show",
        description = {
            "Show dead letters in the order in which they are kept. The letters stay.",
            "Messages of a queue are hidden from others while they are shown, and count as received once more."
        })
public final class ShowCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final AwsAccess access;

    @Parameters(paramLabel = "SOURCE", description = "A file of letters, stream:NAME or stream:ARN, or sqs:QUEUE_URL.")
    private String source;

    @Option(names = "--shard", paramLabel = "S", description = "Of this shard only: its id, or STREAM/ID.")
    private @Nullable String shard;

    @Option(names = "--limit", paramLabel = "N", description = "Show at most N letters.")
    private @Nullable Long limit;

    @Option(names = "--json", description = "Print the letters as they are, one JSON object a line.")
    private boolean json;

    /** Made by the command line. */
    public ShowCommand(Terminal terminal, AwsAccess access) {
        this.terminal = terminal;
        this.access = access;
    }

    @Override
    public Integer call() throws IOException {
        if (limit != null && limit < 1) {
            throw CommandFailure.usage("--limit is a number of letters from 1 on, not " + limit);
        }
        LetterSource.Place place = LetterSource.place(source);
        LetterChoice choice = new LetterChoice(shard, Set.of());
        long most = limit == null ? Long.MAX_VALUE : limit;
        long shown = 0;
        long unreadable = 0;
        try (LetterSource letters = LetterSource.open(place, access, note -> terminal.note("millrace: " + note))) {
            for (boolean isOver = false; !isOver && shown < most; ) {
                List<Entry> entries = letters.next();
                isOver = entries.isEmpty();
                for (Entry entry : entries) {
                    Letter letter = entry.letterOrNull();
                    if (letter == null) {
                        unreadable++;
                        terminal.note("millrace: " + entry.place() + ": " + entry.problem());
                    } else if (shown < most && choice.takes(letter)) {
                        shown++;
                        print(letter);
                    }
                }
            }
        }
        if (unreadable > 0) {
            throw CommandFailure.failed(unreadable + " of the entries of " + source + " cannot be read as letters");
        }
        if (shown == 0) {
            terminal.note("millrace: there is no letter in " + source + (shard == null ? "" : " of shard " + shard));
        }
        return CommandFailure.OK;
    }

    private void print(Letter letter) {
        if (json) {
            terminal.line(letter.toJson());
        } else {
            terminal.write(out -> LetterView.print(out, letter));
        }
    }
}
