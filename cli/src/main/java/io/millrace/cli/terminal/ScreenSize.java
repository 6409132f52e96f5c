package io.millrace.cli.terminal;

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

    private static final Pattern ROWS_AND_COLUMNS = Pattern.compile("([1-9][0-9]{0,4}) ([1-9][0-9]{0,4})");

    /** Checks the parts. */
    public ScreenSize {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("no screen has " + rows + " rows and " + columns + " columns");
        }
    }

    /** As many lines, and as much of each, as can be shown with the cursor in the line below. */
    public List<String> fit(List<String> lines) {
        // A line that fills the last column wraps on some terminals.
        return lines.stream()
                .limit(Math.max(1, rows - 1))
                .map(line -> line.substring(0, Math.min(line.length(), Math.max(1, columns - 1))))
                .toList();
    }

    /** Reads {@code 24 80}, as {@code stty size} prints it; anything else is the usual size. */
    public static ScreenSize parse(String text) {
        Matcher size = ROWS_AND_COLUMNS.matcher(text.strip());
        return size.matches()
                ? new ScreenSize(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)))
                : USUAL;
    }
}
