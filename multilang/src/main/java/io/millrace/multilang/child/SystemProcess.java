package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.LineDecoder;
import io.millrace.multilang.line.LineEncoder;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process of the operating system. Pipes of a process block whoever reads or writes them, so threads of their own do: one reads the
 * output and hands whole messages to the loop, one reads the errors into the log, and one writes while there is something to write.
 * Methods and fields belong to the loop, except where they say otherwise.
 */
final class SystemProcess implements ChildProcess {
    private static final Logger log = LoggerFactory.getLogger(SystemProcess.class);

    /** A message of a child has some hundred bytes; the answer of a function may have 6 MB. */
    private static final int LONGEST_MESSAGE = 8 << 20;

    private final ChildName name;
    private final Process process;
    private final Events events;
    private final EventLoop loop;
    private final Platform.BlockingTasks pipes;
    private final Ticker ticker;
    private final Family family;

    private final Queue<Write> writes = new ArrayDeque<>();
    private boolean isWriting;

    /** Used by one write after the other. */
    private final LineEncoder encoder = new LineEncoder();

    /** A process that runs; made on any thread. */
    SystemProcess(ChildName name, Process process, Events events, Wiring wiring) {
        this.name = name;
        this.process = process;
        this.events = events;
        this.loop = wiring.loop;
        this.pipes = wiring.pipes;
        this.ticker = wiring.ticker;
        this.family = new Family(process.toHandle());
    }

    /**
     * The parts that processes share.
     *
     * @param loop to which they belong
     * @param pipes threads for reads and writes
     * @param ticker measures minutes
     */
    record Wiring(EventLoop loop, Platform.BlockingTasks pipes, Ticker ticker) {}

    /** Something to do with the standard input, on a thread that may block. */
    @FunctionalInterface
    private interface Write {
        void to(OutputStream input) throws IOException;
    }

    @Override
    public void listen() {
        ErrorLines errors = new ErrorLines("child " + process.pid() + " of " + name, ticker);
        pipes.execute(() -> {
            new LinePump(process.getErrorStream(), ErrorLines.LONGEST, errors).run();
            errors.tellCut();
        });
        pipes.execute(() -> {
            try {
                new LinePump(process.getInputStream(), LONGEST_MESSAGE, this::line).run();
            } finally {
                // An error in the reader must not leave a child that nobody hears.
                tell(events::outputEnded);
            }
        });
        CompletableFuture<Void> unused =
                process.onExit().thenAccept(gone -> tell(() -> events.exited(gone.exitValue())));
    }

    /** On the thread that reads. */
    private void line(byte[] bytes, int from, int length, long dropped) {
        FromChild message =
                dropped > 0 ? new FromChild.Noise("it is too long") : LineDecoder.decode(bytes, from, length);
        if (message instanceof FromChild.Noise noise) {
            if (length > 0) {
                log.debug(
                        "child {} of {} printed {} bytes that are no message: {}",
                        process.pid(),
                        name,
                        length + dropped,
                        noise.why());
            }
        } else {
            tell(() -> events.received(message));
        }
    }

    private void tell(Runnable event) {
        try {
            loop.execute(event);
        } catch (RejectedExecutionException over) {
            // Nobody is there any more to be told.
        }
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void send(ToChild message) {
        writes.add(input -> {
            encoder.write(message, input);
            input.flush();
        });
        writeNext();
    }

    @Override
    public void closeInput() {
        writes.add(input -> {
            // A wrapper may end with its input, and who its children were is not known any more then.
            family.remember();
            input.close();
        });
        writeNext();
    }

    private void writeNext() {
        if (isWriting || writes.isEmpty()) {
            return;
        }
        isWriting = true;
        Write next = writes.remove();
        pipes.execute(() -> {
            String failure = null;
            try {
                next.to(process.getOutputStream());
            } catch (IOException | RuntimeException closed) {
                failure = String.valueOf(closed.getMessage());
            }
            String why = failure;
            tell(() -> {
                isWriting = false;
                if (why != null) {
                    writes.clear();
                    events.sendFailed(why);
                } else {
                    writeNext();
                }
            });
        });
    }

    @Override
    public void terminate() {
        family.remember();
        // By its handle: the process itself would close the output before it is read.
        boolean unused = process.toHandle().destroy();
        family.terminate();
    }

    @Override
    public void kill() {
        family.remember();
        boolean unused = process.toHandle().destroyForcibly();
        family.kill();
    }

    @Override
    public boolean hasSurvivors() {
        return family.isRunning();
    }
}
