package io.millrace.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Standard output for data and standard error for everything else. Data is UTF-8 whatever the locale says, and an output
 * that is closed is an error, not silence. What a terminal would obey, such as an escape sequence in a record, is shown
 * there and not obeyed; where the output is no terminal its bytes stay as they are. Safe for any thread; a call is whole before the next one begins.
 */
public final class Terminal {
    private static final String CLEAR_LINE = "\r\u001b[K";
    private static final String RED = "\u001b[31m";
    private static final String NO_COLOUR = "\u001b[0m";

    private final OutputStream out;
    private final PrintStream err;
    private final boolean outIsTerminal;
    private final boolean errIsTerminal;
    private final ScreenSize size;
    private final boolean hasColours;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean progressShown;
    private int screenLines;
    private boolean silent;

    /** Output and errors go to these streams; the flags tell which of them a person watches, on a screen of this size. */
    public Terminal(OutputStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal, ScreenSize size) {
        this(out, err, outIsTerminal, errIsTerminal, size, true);
    }

    /** The same; without {@code colours} nothing is coloured, else what is wrong is on terminals. */
    public Terminal(
            OutputStream out,
            PrintStream err,
            boolean outIsTerminal,
            boolean errIsTerminal,
            ScreenSize size,
            boolean colours) {
        this.hasColours = colours;
        this.out = out;
        this.err = err;
        this.outIsTerminal = outIsTerminal;
        this.errIsTerminal = errIsTerminal;
        this.size = size;
    }

    /**
     * The process's own streams. The {@code millrace} script says in MILLRACE_TTY which of the file descriptors 1 and 2 are
     * terminals, because Java cannot tell them apart; without it none is. MILLRACE_SIZE holds the rows and columns. With
     * NO_COLOR nothing is coloured.
     */
    public static Terminal ofProcess() {
        String terminals = System.getenv().getOrDefault("MILLRACE_TTY", "");
        return new Terminal(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                terminals.contains("1"),
                terminals.contains("2"),
                ScreenSize.parse(System.getenv().getOrDefault("MILLRACE_SIZE", "")),
                // https://no-color.org: any text but none.
                System.getenv().getOrDefault("NO_COLOR", "").isEmpty());
    }

    /** True when a person watches standard output. */
    public boolean outIsTerminal() {
        return outIsTerminal;
    }

    /** True when a person watches standard error. */
    public boolean errIsTerminal() {
        return errIsTerminal;
    }

    /** How much room there is, as of the start. */
    public ScreenSize size() {
        return size;
    }

    /**
     * Writes a line of data and flushes.
     *
     * @throws CommandFailure if nobody reads any more
     */
    public void line(String text) {
        write(stream -> {
            stream.write(text.getBytes(StandardCharsets.UTF_8));
            stream.write('\n');
        });
    }

    /**
     * Writes lines of data, those about something wrong in a colour on a terminal, and flushes.
     *
     * @throws CommandFailure if nobody reads any more
     */
    public void lines(List<ShownLine> lines) {
        boolean paints = outIsTerminal && hasColours;
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(paints ? painted(line) : line.text()).append('\n'));
        write(stream -> stream.write(text.toString().getBytes(StandardCharsets.UTF_8)), !paints);
    }

    /** With the colours that belong to it and nothing else that a terminal would obey. */
    private static String painted(ShownLine line) {
        String text = Printable.of(line.text());
        return line.isWrong() ? RED + text + NO_COLOUR : text;
    }

    /**
     * Lets {@code body} write data, then flushes, with nobody else writing in between.
     *
     * @throws CommandFailure if nobody reads any more
     */
    public void write(Writing body) {
        write(body, true);
    }

    private void write(Writing body, boolean makesPrintable) {
        lock.lock();
        try {
            if (silent) {
                return;
            }
            clearProgress();
            if (outIsTerminal && makesPrintable) {
                ByteArrayOutputStream data = new ByteArrayOutputStream();
                body.writeTo(data);
                out.write(Printable.of(data.toByteArray()));
            } else {
                body.writeTo(out);
            }
            out.flush();
        } catch (IOException e) {
            throw closed(e);
        } finally {
            lock.unlock();
        }
    }

    /** Tells the user something that is no data. */
    public void note(String text) {
        lock.lock();
        try {
            if (silent) {
                return;
            }
            clearProgress();
            err.println(printable(text));
        } finally {
            lock.unlock();
        }
    }

    /** Tells the user the last thing: from here on nothing is written any more, to either stream. */
    public void lastNote(String text) {
        lock.lock();
        try {
            note(text);
            silent = true;
        } finally {
            lock.unlock();
        }
    }

    /** Shows how far a command is: on a terminal in place of what it showed before, else as a line. */
    public void progress(String text) {
        lock.lock();
        try {
            if (silent) {
                return;
            }
            if (errIsTerminal) {
                err.print(CLEAR_LINE + printable(text));
                err.flush();
                progressShown = true;
            } else {
                err.println(printable(text));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Shows these lines on the terminal in place of those shown before; what is noted later stands below them. They must
     * fit: what has scrolled away or wrapped is not replaced.
     */
    public void screen(List<String> lines) {
        draw(lines.stream().map(this::printable).toList());
    }

    /** The same with lines of which those about something wrong stand out. */
    public void paintedScreen(List<ShownLine> lines) {
        draw(lines.stream()
                .map(line -> errIsTerminal && hasColours ? painted(line) : printable(line.text()))
                .toList());
    }

    private void draw(List<String> lines) {
        lock.lock();
        try {
            if (silent) {
                return;
            }
            StringBuilder text = new StringBuilder();
            if (screenLines > 0) {
                text.append("\u001b[").append(screenLines).append('A');
            }
            text.append("\r\u001b[J");
            for (String line : lines) {
                text.append(line).append('\n');
            }
            screenLines = lines.size();
            err.print(text);
            err.flush();
        } finally {
            lock.unlock();
        }
    }

    private static CommandFailure closed(IOException error) {
        String reason = String.valueOf(error.getMessage());
        return reason.toLowerCase(Locale.ROOT).contains("pipe")
                ? CommandFailure.outputClosed(error)
                : CommandFailure.failed("cannot write to standard output: " + reason, error);
    }

    private String printable(String text) {
        return errIsTerminal ? Printable.of(text) : text;
    }

    private void clearProgress() {
        screenLines = 0;
        if (progressShown) {
            err.print(CLEAR_LINE);
            err.flush();
            progressShown = false;
        }
    }

    /** What writes data. */
    @FunctionalInterface
    public interface Writing {
        /** Writes to {@code out}, which must not be kept. */
        void writeTo(OutputStream out) throws IOException;
    }
}
