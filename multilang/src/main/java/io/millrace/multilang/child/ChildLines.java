package io.millrace.multilang.child;

import io.millrace.runtime.Ticker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Puts what a child writes into the log, each line once, with the child's shard and the level that the line seems to have or that
 * all of them have. At most so many lines a minute; the others are counted. Belongs to the thread that reads them.
 */
final class ChildLines implements LinePump.Lines {
    /** The longest line that is logged whole, in bytes. */
    static final int LONGEST = 8 * 1024;

    static final int MOST_A_MINUTE = 1_000;

    private static final Logger log = LoggerFactory.getLogger(ChildLines.class);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** A word that names a level, near the line's beginning, where loggers put it. */
    private static final Pattern LEVEL = Pattern.compile(
            "^.{0,80}?\\b(?:(FATAL|CRITICAL|ERROR|SEVERE)|(WARN|WARNING)|(INFO|NOTICE)|(DEBUG|TRACE|FINE))\\b");

    private static final Pattern EXCEPTION = Pattern.compile("^(?:Traceback |Uncaught |[\\w.]*(?:Error|Exception)\\b)");

    private final String child;
    private final String where;
    private final @Nullable Level all;
    private final Ticker ticker;
    private Level last = Level.WARN;
    private long minuteBegan;
    private int lines;
    private long cut;

    /**
     * Lines of {@code child}.
     *
     * @param where from where they come, for people
     * @param all the level of all lines; absent for that which each seems to have
     */
    ChildLines(String child, String where, @Nullable Level all, Ticker ticker) {
        this.child = child;
        this.where = where;
        this.all = all;
        this.ticker = ticker;
        this.minuteBegan = ticker.nanoTime();
    }

    @Override
    public void line(byte[] bytes, int from, int length, long dropped) {
        if (ticker.since(minuteBegan).compareTo(MINUTE) >= 0) {
            tellCut();
            minuteBegan = ticker.nanoTime();
            lines = 0;
        }
        if (all != null && !log.isEnabledForLevel(all)) {
            return;
        }
        if (lines >= MOST_A_MINUTE) {
            cut++;
            return;
        }
        int shown = Math.min(length, LONGEST);
        String text = new String(bytes, from, shown, StandardCharsets.UTF_8).stripTrailing();
        if (text.isEmpty()) {
            return;
        }
        lines++;
        last = all == null ? levelOf(text, last) : all;
        long rest = dropped + length - shown;
        String more = rest == 0 ? "" : " ... and " + rest + " bytes more";
        log.atLevel(last).log("{}: {}{}", child, text, more);
    }

    /** Says how many lines were left out, if any. */
    void tellCut() {
        if (cut > 0) {
            log.warn("{}: {} more lines of its {} are left out: at most {} a minute", child, cut, where, MOST_A_MINUTE);
            cut = 0;
        }
    }

    /** The level that a line seems to have; an indented one without any goes with the line before. */
    static Level levelOf(String line, Level before) {
        if (EXCEPTION.matcher(line).find()) {
            return Level.ERROR;
        }
        Matcher named = LEVEL.matcher(line);
        if (named.find()) {
            return named.group(1) != null
                    ? Level.ERROR
                    : named.group(2) != null ? Level.WARN : named.group(3) != null ? Level.INFO : Level.DEBUG;
        }
        return Character.isWhitespace(line.charAt(0)) ? before : Level.WARN;
    }
}
