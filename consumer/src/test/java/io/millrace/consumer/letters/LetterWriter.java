package io.millrace.consumer.letters;

import java.nio.file.Path;

/** Writes letters into a file, for a process of its own: the file, the shard, how many. */
final class LetterWriter {
    private LetterWriter() {}

    public static void main(String[] arguments) {
        FileSinkTest.writeAll(
                LetterSinks.file(Path.of(arguments[0])),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]));
    }
}
