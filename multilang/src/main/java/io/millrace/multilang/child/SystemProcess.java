package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;

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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * A process of the operating system, and the shards that have a {@link Seat} in it. Pipes of a process block whoever reads or writes
 * them, so threads of their own do: one reads the output and hands whole messages to the loop, one reads the errors into the log, and
 * one writes while there is something to write. Until the process has shown how it speaks it is told by a line what its first shard
 * is; one that connects to the socket leaves that line. Methods and fields belong to the loop, except where they say otherwise.
 */
final class SystemProcess {
    private static final Logger log = LoggerFactory.getLogger(SystemProcess.class);

    /** A message of a child has some hundred bytes; the answer of a function may have 6 MB. */
    private static final int LONGEST_MESSAGE = 8 << 20;

    private final String label;
    private final int room;
    private final Shared shared;

    /** Absent until the system has started it. */
    private @Nullable Process process;

    private @Nullable Family family;

    private final Set<Seat> seats = new LinkedHashSet<>();

    /** The seat that the pipes are for, as long as they carry messages. */
    private @Nullable Seat first;

    private Speech speech = Speech.UNKNOWN;

    /** For the thread that reads, which need not know at once. */
    private volatile boolean isSpeakingFrames;

    /** Tells a process that serves several shards of each; absent for others. */
    private @Nullable Connection control;

    private @Nullable String controlToken;

    private boolean isListening;
    private boolean isEnding;
    private boolean isGone;

    private final Queue<Write> writes = new ArrayDeque<>();
    private boolean isWriting;

    /** Used by one write after the other. */
    private final LineEncoder encoder = new LineEncoder();

    /**
     * A process that is about to be started.
     *
     * @param label names it in the log
     * @param room how many shards it may serve
     */
    SystemProcess(String label, int room, Shared shared) {
        this.label = label;
        this.room = room;
        this.shared = shared;
    }

    /** The system has started it. */
    void runs(Process started) {
        process = started;
        family = new Family(started.toHandle());
    }

    /** The system could not start it. */
    void isNotStarted() {
        isGone = true;
        forgetControl();
        seats.forEach(Seat::awaitsNothing);
        seats.clear();
        shared.changed.accept(this);
    }

    private Process process() {
        return requireNonNull(process, "the process is not started");
    }

    private Family family() {
        return requireNonNull(family, "the process is not started");
    }

    /**
     * The parts that processes share.
     *
     * @param loop to which they belong
     * @param pipes threads for reads and writes
     * @param ticker measures minutes
     * @param sockets for those that speak frames; absent where the system has none
     * @param seats how many shards a process may serve
     * @param suspects shards of which one has ended a process with records in hand, and nobody can tell which
     * @param changed called when a process has shown how it speaks, or is gone
     */
    record Shared(
            EventLoop loop,
            Platform.BlockingTasks pipes,
            Ticker ticker,
            @Nullable Sockets sockets,
            int seats,
            Set<ChildName> suspects,
            Consumer<SystemProcess> changed) {}

    /** Something to do with the standard input, on a thread that may block. */
    @FunctionalInterface
    private interface Write {
        void to(OutputStream input) throws IOException;
    }

    /** Takes the first seat, which the pipes are for until the process speaks frames. */
    Seat firstSeat(ChildName name, ChildProcess.Events events) {
        Seat seat = new Seat(name, this, events);
        seats.add(seat);
        first = seat;
        return seat;
    }

    /** Takes another seat of a process that {@linkplain #hasRoom has room}. */
    Seat nextSeat(ChildName name, ChildProcess.Events events) {
        Seat seat = new Seat(name, this, events);
        seats.add(seat);
        open(seat, requireNonNull(control));
        return seat;
    }

    /** True if one more shard may have a seat. */
    boolean hasRoom() {
        return control != null && !isEnding && !isGone && seats.size() < room;
    }

    /** True while it is not known whether it can serve more than one shard. */
    boolean isUnknown() {
        return room > 1 && speech == Speech.UNKNOWN && !isEnding && !isGone;
    }

    Speech speech() {
        return speech;
    }

    /** True if others than {@code seat} have a seat that they want to keep. */
    boolean isShared(Seat seat) {
        return !isGone && seats.stream().anyMatch(other -> other != seat && !other.isClosing());
    }

    /** This shard has got on. */
    void progresses(Seat seat) {
        shared.suspects.remove(seat.name());
    }

    /**
     * Says whose fault the end is. A shard whose child failed is guilty. Else it is one of those whose code was running, whatever they
     * were told: if they are several and records are among it, each has a process of its own next, which will tell.
     */
    private void judge() {
        List<Seat> busy = seats.stream().filter(Seat::isBusy).toList();
        if (seats.stream().anyMatch(Seat::isGuilty)) {
            seats.stream().filter(seat -> !seat.isGuilty()).forEach(Seat::acquit);
        } else if (busy.size() > 1 && busy.stream().anyMatch(Seat::hasRecords)) {
            busy.forEach(Seat::acquit);
            busy.forEach(seat -> shared.suspects.add(seat.name()));
        }
    }

    /** Gives up a seat. */
    void leaves(Seat seat) {
        seats.remove(seat);
    }

    /** Begins to read. The first call does it. */
    void listen() {
        if (isListening) {
            return;
        }
        isListening = true;
        Process running = process();
        String child = toString();
        ChildLines errors = new ChildLines(child, "standard error", null, shared.ticker);
        shared.pipes.execute(() -> {
            new LinePump(ChildLines.LONGEST, errors).run(running.getErrorStream());
            errors.tellCut();
        });
        ChildLines prints = new ChildLines(child, "standard output", Level.DEBUG, shared.ticker);
        shared.pipes.execute(() -> {
            try {
                new LinePump(
                                LONGEST_MESSAGE,
                                (bytes, from, length, dropped) -> line(bytes, from, length, dropped, child, prints))
                        .run(running.getInputStream());
                prints.tellCut();
            } finally {
                // An error in the reader must not leave a child that nobody hears.
                tell(() -> List.copyOf(seats).forEach(Seat::pipeEnded));
            }
        });
        CompletableFuture<Void> unused = running.onExit().thenAccept(gone -> tell(() -> exited(gone.exitValue())));
    }

    private void exited(int code) {
        isGone = true;
        forgetControl();
        judge();
        List.copyOf(seats).forEach(seat -> seat.over(code));
        shared.changed.accept(this);
    }

    /** On the thread that reads. */
    private void line(byte[] bytes, int from, int length, long dropped, String child, ChildLines prints) {
        if (isSpeakingFrames) {
            prints.line(bytes, from, length, dropped);
            return;
        }
        FromChild message =
                dropped > 0 ? new FromChild.Noise("it is too long") : LineDecoder.decode(bytes, from, length);
        if (message instanceof FromChild.Noise noise) {
            if (length > 0) {
                log.debug("{} printed {} bytes that are no message: {}", child, length + dropped, noise.why());
            }
        } else {
            tell(() -> received(message, length));
        }
    }

    private void received(FromChild message, int length) {
        if (speech == Speech.UNKNOWN) {
            speech = Speech.TRANSITIONS.move(speech, Speech.LINES, "a line", this);
            forgetControl();
            seats.forEach(Seat::awaitsNothing);
            shared.changed.accept(this);
        }
        Seat speaking = first;
        if (speech == Speech.LINES && speaking != null) {
            speaking.moved(0, length);
            speaking.received(message);
        }
    }

    // The socket.

    /** The first connection is about to come: of the one shard, or that over which the process is told of its shards. */
    String expect() {
        Sockets sockets = requireNonNull(shared.sockets);
        if (room > 1) {
            String token = sockets.expect(new Control());
            controlToken = token;
            return token;
        }
        Seat seat = requireNonNull(first);
        String token = sockets.expect(seat);
        seat.awaits(token);
        return token;
    }

    private void forgetControl() {
        String token = controlToken;
        controlToken = null;
        if (token != null) {
            forget(token);
        }
    }

    void forget(String token) {
        if (shared.sockets != null) {
            shared.sockets.forget(token);
        }
    }

    /** A connection is there. */
    void connects() {
        if (speech == Speech.UNKNOWN) {
            speech = Speech.TRANSITIONS.move(speech, Speech.FRAMES, "a connection", this);
            isSpeakingFrames = true;
            shared.changed.accept(this);
        }
    }

    private void open(Seat seat, Connection over) {
        String token = requireNonNull(shared.sockets).expect(seat);
        seat.awaits(token);
        over.send(new ToChild.Open(token, seat.name().stream()));
    }

    /** The connection over which a process is told of its shards. Nothing comes over it. */
    private final class Control implements SocketEvents {
        @Override
        public void connected(Connection connection) {
            if (speech == Speech.LINES) {
                connection.close();
                return;
            }
            control = connection;
            // Before others take seats, which are opened as they come.
            seats.forEach(seat -> open(seat, connection));
            connects();
            if (isEnding) {
                connection.closeOutput();
            }
        }

        @Override
        public void received(FromChild message) {
            broke("sent a message over the connection of no shard");
        }

        @Override
        public void moved(long toChild, long fromChild) {}

        @Override
        public void broke(String why) {
            isEnding = true;
            List.copyOf(seats).forEach(seat -> seat.broke(why));
        }

        @Override
        public void lost(String why) {
            isEnding = true;
            List.copyOf(seats).forEach(seat -> seat.lost(why));
        }

        @Override
        public void closed() {
            // Its end is about to come, or follows from that of its other connections.
            isEnding = true;
        }
    }

    // The pipe.

    private void tell(Runnable event) {
        try {
            shared.loop.execute(event);
        } catch (RejectedExecutionException over) {
            // Nobody is there any more to be told.
        }
    }

    long pid() {
        return process().pid();
    }

    /** Writes a message to the standard input. */
    void write(ToChild message) {
        Seat speaking = first;
        writes.add(input -> {
            CountingStream counted = new CountingStream(input);
            encoder.write(message, counted);
            input.flush();
            if (speaking != null) {
                speaking.moved(counted.count(), 0);
            }
        });
        writeNext();
    }

    /** Closes the standard input and the socket, once all messages are written: nobody needs the process any more. */
    void close() {
        isEnding = true;
        Connection told = control;
        if (told != null) {
            told.closeOutput();
        }
        Family members = family();
        writes.add(input -> {
            // A wrapper may end with its input, and who its children were is not known any more then.
            members.remember();
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
        OutputStream input = process().getOutputStream();
        shared.pipes.execute(() -> {
            String failure = null;
            try {
                next.to(input);
            } catch (IOException | RuntimeException closed) {
                failure = String.valueOf(closed.getMessage());
            }
            String why = failure;
            tell(() -> {
                isWriting = false;
                if (why != null) {
                    writes.clear();
                    List.copyOf(seats).forEach(seat -> seat.sendFailed(why));
                } else {
                    writeNext();
                }
            });
        });
    }

    /** SIGTERM, to its own children as well. */
    void terminate() {
        isEnding = true;
        family().remember();
        // By its handle: the process itself would close the output before it is read.
        boolean unused = process().toHandle().destroy();
        family().terminate();
    }

    /** SIGKILL, to its own children as well. */
    void kill() {
        isEnding = true;
        family().remember();
        boolean unused = process().toHandle().destroyForcibly();
        family().kill();
    }

    /** True once it shall end, or is about to. */
    boolean isEnding() {
        return isEnding;
    }

    boolean isGone() {
        return isGone;
    }

    /** True while a process runs that was its child, or a child's child, when its input was closed or a signal was sent. */
    boolean hasSurvivors() {
        return family().isRunning();
    }

    @Override
    public String toString() {
        Process running = process;
        return "child " + (running == null ? "" : running.pid() + " ") + "of " + label;
    }
}
