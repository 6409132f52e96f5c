package io.millrace.systemtests.clients;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The messages between a daemon and the children of one stream, each line behind {@code < } for those of the daemon or {@code > } for
 * those of the child. Sequence numbers are {@code @1}, {@code @2} by their first records, {@code @2+1} is the number behind one, times are
 * 0, and characters beyond ASCII are escaped; all else is as it was said.
 *
 * @param byShard the lines of each shard's first child
 */
record Conversations(Map<String, List<String>> byShard) {
    private static final Pattern NUMBER = Pattern.compile("\"(\\d{20,})\"");
    private static final Pattern RECORD = Pattern.compile("\"sequenceNumber\":\"(\\d{20,})\"");
    private static final Pattern TIME =
            Pattern.compile("(\"approximateArrivalTimestamp\":|\"millisBehindLatest\":)\\d+");
    private static final Pattern ESCAPE = Pattern.compile("\\\\u[0-9a-fA-F]{4}");

    /** Sorts and copies. */
    Conversations {
        Map<String, List<String>> copy = new TreeMap<>();
        byShard.forEach((shard, lines) -> copy.put(shard, List.copyOf(lines)));
        byShard = copy;
    }

    /** Those whose true lines stand in the files of {@code folder} that are called as shards. */
    static Conversations noted(Path folder) throws IOException {
        Map<String, List<String>> byShard = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith("shardId-")) {
                    byShard.put(name, timeless(Files.readAllLines(file, StandardCharsets.UTF_8)));
                }
            }
        }
        return new Conversations(byShard);
    }

    /** Those of a recording, as {@link #text} writes it. */
    static Conversations parse(String text) {
        Map<String, List<String>> byShard = new TreeMap<>();
        List<String> current = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.startsWith("[")) {
                current = new ArrayList<>();
                byShard.put(line.substring(1, line.length() - 1), current);
            } else if (line.startsWith("< ") || line.startsWith("> ")) {
                current.add(line);
            }
        }
        return new Conversations(byShard);
    }

    /** A recording, which begins with {@code title}. */
    String text(String title) {
        StringBuilder text = new StringBuilder("# ").append(title).append('\n');
        byShard.forEach((shard, lines) -> {
            text.append('\n').append('[').append(shard).append("]\n");
            lines.forEach(line -> text.append(line).append('\n'));
        });
        return text.toString();
    }

    private static List<String> timeless(List<String> said) {
        List<BigInteger> numbers = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        for (String line : said) {
            if (line.startsWith("< ") && line.contains("\"records\":[")) {
                RECORD.matcher(line)
                        .results()
                        .map(found -> new BigInteger(found.group(1)))
                        .filter(number -> !numbers.contains(number))
                        .forEach(numbers::add);
            }
            String named = NUMBER.matcher(line).replaceAll(found -> "\"" + name(found.group(1), numbers) + "\"");
            lines.add(escaped(TIME.matcher(named).replaceAll(found -> found.group(1) + "0")));
        }
        return lines;
    }

    private static String name(String number, List<BigInteger> numbers) {
        BigInteger value = new BigInteger(number);
        int same = numbers.indexOf(value) + 1;
        int before = numbers.indexOf(value.subtract(BigInteger.ONE)) + 1;
        return same > 0 ? "@" + same : before > 0 ? "@" + before + "+1" : number;
    }

    private static String escaped(String line) {
        StringBuilder ascii = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char unit = line.charAt(i);
            ascii.append(unit < 128 ? String.valueOf(unit) : String.format(Locale.ROOT, "\\u%04x", (int) unit));
        }
        return ESCAPE.matcher(ascii)
                .replaceAll(found -> Matcher.quoteReplacement(found.group().toLowerCase(Locale.ROOT)));
    }
}
