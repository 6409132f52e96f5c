package io.millrace.cli.terminal;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A line for a person.
 *
 * @param text what it says
 * @param isWrong true when it tells of something that is wrong, and shall stand out where there are colours
 */
public record ShownLine(String text, boolean isWrong) {
    /** Checks the part. */
    public ShownLine {
        requireNonNull(text, "text");
    }

    /** A line like any other. */
    public static ShownLine plain(String text) {
        return new ShownLine(text, false);
    }

    /** A line about something wrong. */
    public static ShownLine wrong(String text) {
        return new ShownLine(text, true);
    }

    /** Lines like any other. */
    public static List<ShownLine> plain(List<String> texts) {
        return texts.stream().map(ShownLine::plain).toList();
    }

    /** The texts alone. */
    public static List<String> texts(List<ShownLine> lines) {
        return lines.stream().map(ShownLine::text).toList();
    }
}
