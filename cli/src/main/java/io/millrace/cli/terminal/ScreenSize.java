package io.millrace.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much room a terminal has.
 *
 * @param rows lines, at least 1
 * @param columns characters a line, at least 1
 */
public record ScreenSize(int rows, int columns) {
    /** What is taken where the size cannot be known. */
    public static final ScreenSize USUAL = new ScreenSize(24, 80);

    private static final String MARGIN = "      ";
    private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("([1-9][0-9]{0,4}) ([1-9][0-9]{0,4})");

    /** Checks the parts. */
    public ScreenSize {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("no screen has " + rows + " rows and " + columns + " columns");
        }
    }

    /**
     * How many lines can be drawn again and again: the cursor stands in the line below them, and a line above them is left,
     * which the notes of the start are in and which would scroll away.
     */
    public int room() {
        return Math.max(1, rows - 2);
    }

    /** As many lines, and as much of each, as can be drawn again and again. */
    public List<String> fit(List<String> lines) {
        // A line that fills the last column wraps on some terminals.
        return lines.stream()
                .limit(room())
                .map(line -> line.substring(0, Math.min(line.length(), Math.max(1, columns - 1))))
                .toList();
    }

    /** The lines, those that are too long for the screen broken at a space and gone on with below, a little indented. */
    public List<String> wrap(List<String> lines) {
        return lines.stream().flatMap(line -> wrap(line).stream()).toList();
    }

    private List<String> wrap(String line) {
        int width = Math.max(MARGIN.length() + 1, columns - 1);
        List<String> parts = new ArrayList<>();
        String rest = line;
        while (rest.length() > width) {
            int indent = rest.length() - rest.stripLeading().length();
            int space = rest.lastIndexOf(' ', width);
            int end = space > indent ? space : width;
            parts.add(rest.substring(0, end).stripTrailing());
            rest = MARGIN + rest.substring(end).stripLeading();
        }
        parts.add(rest);
        return parts;
    }

    /** Reads {@code 24 80}, as {@code stty size} prints it; anything else is the usual size. */
    public static ScreenSize parse(String text) {
        Matcher size = ROWS_AND_COLUMNS.matcher(text.strip());
        return size.matches()
                ? new ScreenSize(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)))
                : USUAL;
    }
}
