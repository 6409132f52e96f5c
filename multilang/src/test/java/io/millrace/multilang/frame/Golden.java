package io.millrace.multilang.frame;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.ToChild;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** The golden vectors, which the tests of Python and Node.js read as well. */
public final class Golden {
    private static final Path FILE = Path.of("golden", "frames.txt");

    private Golden() {}

    /** A batch and its bytes. */
    public record Batch(ToChild.ProcessRecords message, Bytes frame) {}

    /** A message of a child, as words, and its bytes. */
    public record Said(List<String> words, Bytes bytes) {
        /** Copies the list. */
        public Said {
            words = List.copyOf(words);
        }
    }

    /** All batches. */
    public static List<Batch> batches() {
        List<Batch> batches = new ArrayList<>();
        List<StreamRecord> records = new ArrayList<>();
        long behind = 0;
        for (List<String> line : lines()) {
            switch (line.get(0)) {
                case "behind" -> {
                    records.clear();
                    behind = Long.parseLong(line.get(1));
                }
                case "record" -> records.add(record(line));
                case "frame" -> batches.add(new Batch(new ToChild.ProcessRecords(records, behind), hex(line.get(1))));
                default -> {}
            }
        }
        return batches;
    }

    /** Bytes that are no frames. */
    public static List<Bytes> bad() {
        return lines().stream()
                .filter(line -> line.get(0).equals("bad"))
                .map(line -> hex(line.get(1)))
                .toList();
    }

    /** All messages of a child. */
    public static List<Said> said() {
        return lines().stream()
                .filter(line -> line.get(0).equals("said"))
                .map(line -> new Said(line.subList(1, line.size() - 1), hex(line.get(line.size() - 1))))
                .toList();
    }

    private static StreamRecord record(List<String> line) {
        RecordPosition position = new RecordPosition(SequenceNumber.parse(line.get(1)), Long.parseLong(line.get(2)));
        return new StreamRecord(
                position,
                base64(line.get(4)).toUtf8(),
                base64(line.get(5)),
                Instant.ofEpochMilli(Long.parseLong(line.get(3))));
    }

    private static Bytes base64(String text) {
        return text.equals("-") ? Bytes.empty() : Bytes.wrap(Base64.getDecoder().decode(text));
    }

    private static Bytes hex(String text) {
        return Bytes.wrap(HexFormat.of().parseHex(text));
    }

    private static List<List<String>> lines() {
        try {
            return Files.readAllLines(FILE).stream()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .map(line -> List.of(line.split(" ", -1)))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
