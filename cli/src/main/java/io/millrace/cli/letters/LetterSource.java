package io.millrace.cli.letters;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterException;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A place that holds letters, read once from its beginning to the end that it has then. Blocks; for one thread. */
interface LetterSource extends AutoCloseable {
    /** The start of a source that is a stream. */
    String STREAM = "stream:";

    /** The start of a source that is a queue. */
    String QUEUE = "sqs:";

    /**
     * One thing that a source holds.
     *
     * @param place where in the source, such as {@code line 7}
     * @param letterOrNull null where it is none
     * @param problem why it is none; empty for a letter
     * @param handle by which the source knows it
     */
    record Entry(String place, @Nullable Letter letterOrNull, String problem, String handle) {
        static Entry of(String place, String json, String handle) {
            try {
                return new Entry(place, Letter.parse(json), "", handle);
            } catch (LetterException e) {
                return new Entry(place, null, String.valueOf(e.getMessage()), handle);
            }
        }
    }

    /** The next ones, none at the end. */
    List<Entry> next() throws IOException;

    /** The records of these letters are put back: a queue deletes them. */
    void putBack(List<Entry> entries);

    /** Lets go of all; a queue gets back what was not put back. */
    @Override
    void close() throws IOException;

    /** A word of the command line, understood. */
    sealed interface Place {}

    /**
     * A file.
     *
     * @param path its path
     */
    record InFile(Path path) implements Place {}

    /**
     * A stream.
     *
     * @param nameOrArn its name or ARN
     */
    record InStream(String nameOrArn) implements Place {}

    /**
     * An SQS queue.
     *
     * @param url its URL
     */
    record InQueue(String url) implements Place {}

    /**
     * Understands SOURCE.
     *
     * @throws CommandFailure if it has no meaning
     */
    static Place place(String source) {
        if (source.startsWith(STREAM)) {
            String name = source.substring(STREAM.length());
            checkStream(name);
            return new InStream(name);
        }
        if (source.startsWith(QUEUE)) {
            String url = source.substring(QUEUE.length());
            if (!url.matches("https?://[^\\s/]+/\\S+")) {
                throw CommandFailure.usage("sqs: goes before a queue's URL, such as"
                        + " sqs:https://sqs.eu-west-1.amazonaws.com/111122223333/letters, unlike '" + source + "'");
            }
            return new InQueue(url);
        }
        return new InFile(Path.of(source));
    }

    /** Refuses what names no stream. */
    static void checkStream(String nameOrArn) {
        try {
            Object unused = StreamArn.isMeant(nameOrArn) ? StreamArn.parse(nameOrArn) : new StreamName(nameOrArn);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(String.valueOf(e.getMessage()));
        }
    }

    /** Opens a place; {@code notes} is told what is strange about it. */
    static LetterSource open(Place place, AwsAccess access, Consumer<String> notes) throws IOException {
        if (place instanceof InStream stream) {
            return new StreamLetters(access.kinesis(), stream.nameOrArn());
        }
        if (place instanceof InQueue queue) {
            return new QueueLetters(access.sqs(), queue.url());
        }
        return new FileLetters(((InFile) place).path(), notes);
    }
}
