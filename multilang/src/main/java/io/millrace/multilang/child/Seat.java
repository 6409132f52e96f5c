package io.millrace.multilang.child;

import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One shard's place in a process, which may serve others as well: a connection of its own where the process speaks frames, else the
 * pipes. For its child it is the process. If the child wants it to end while others are there, only the connection ends; a signal goes
 * to the process, and so to all of them. Belongs to the loop.
 */
final class Seat implements ChildProcess, SocketEvents {
    private final ChildName name;
    private final SystemProcess process;
    private final Events events;
    private final Deque<ToChild> waiting = new ArrayDeque<>();

    private @Nullable String token;
    private @Nullable Connection connection;
    private boolean isClosing;
    private boolean isOutputOver;
    private boolean isOver;

    /** The action that its child has not answered; absent if there is none. */
    private @Nullable ToChild inHand;

    /** True once its child has failed by itself. */
    private boolean isGuilty;

    private boolean isBlameless;

    Seat(ChildName name, SystemProcess process, Events events) {
        this.name = name;
        this.process = process;
        this.events = events;
    }

    ChildName name() {
        return name;
    }

    /** A connection with this token will be the seat's. */
    void awaits(String secret) {
        token = secret;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public void listen() {
        process.listen();
    }

    @Override
    public void send(ToChild message) {
        if (!(message instanceof ToChild.Checkpointed)) {
            inHand = message;
        }
        Connection open = connection;
        if (open != null) {
            open.send(message);
            return;
        }
        if (process.speech() != Speech.FRAMES) {
            process.write(message);
        }
        if (process.speech() != Speech.LINES) {
            // It has not shown how it speaks, or has not connected: it will want this over its connection.
            waiting.add(message);
        }
    }

    /** The process speaks lines, or not at all: nothing waits for a connection any more. */
    void awaitsNothing() {
        waiting.clear();
        String unused = takeToken();
    }

    private @Nullable String takeToken() {
        String taken = token;
        token = null;
        if (taken != null) {
            process.forget(taken);
        }
        return taken;
    }

    @Override
    public void connected(Connection open) {
        token = null;
        if (isOver || process.speech() == Speech.LINES) {
            // It came too late.
            open.close();
            return;
        }
        connection = open;
        process.connects();
        waiting.forEach(open::send);
        waiting.clear();
        if (isClosing) {
            open.closeOutput();
        }
    }

    @Override
    public void received(FromChild message) {
        if (message instanceof FromChild.Status) {
            if (inHand != null && !(inHand instanceof ToChild.Initialize)) {
                process.progresses(this);
            }
            inHand = null;
        }
        events.received(message);
    }

    @Override
    public void moved(long toChild, long fromChild) {
        events.moved(toChild, fromChild);
    }

    @Override
    public void broke(String why) {
        isGuilty = true;
        events.broke(why);
        outputEnded();
    }

    @Override
    public void lost(String why) {
        acquit();
        events.broke(why);
        outputEnded();
    }

    @Override
    public void closed() {
        if (isClosing && process.isShared(this) && !process.isEnding()) {
            over(0);
        }
        outputEnded();
    }

    @Override
    public void closeInput() {
        isClosing = true;
        Connection open = connection;
        if (process.isShared(this)) {
            if (open != null) {
                open.closeOutput();
            } else if (takeToken() != null) {
                // It has not heard of the shard.
                over(0);
                outputEnded();
            }
            return;
        }
        process.close();
        if (open != null) {
            open.closeOutput();
        }
    }

    @Override
    public void terminate() {
        isGuilty = true;
        process.terminate();
    }

    @Override
    public void kill() {
        process.kill();
    }

    @Override
    public boolean hasSurvivors() {
        return process.isGone() && process.hasSurvivors();
    }

    @Override
    public boolean isBlameless() {
        return isBlameless;
    }

    /** The process' end is not the fault of this shard, or nobody can tell that it is. */
    void acquit() {
        isBlameless = true;
    }

    /** True while its code may be running: it has something in hand, or is about to end. */
    boolean isBusy() {
        return inHand != null || isClosing;
    }

    boolean hasRecords() {
        return inHand instanceof ToChild.ProcessRecords;
    }

    boolean isGuilty() {
        return isGuilty;
    }

    /** A message could not be written to the standard input. */
    void sendFailed(String why) {
        if (process.speech() != Speech.FRAMES) {
            events.sendFailed(why);
        }
    }

    /** The standard output is closed. */
    void pipeEnded() {
        if (connection == null) {
            outputEnded();
        }
    }

    private void outputEnded() {
        if (!isOutputOver) {
            isOutputOver = true;
            events.outputEnded();
        }
    }

    /** The process is gone, or has done with this shard. */
    void over(int code) {
        if (!isOver) {
            isOver = true;
            String unused = takeToken();
            process.leaves(this);
            events.exited(code);
        }
    }

    /** True once the child wants the end. */
    boolean isClosing() {
        return isClosing;
    }

    @Override
    public String toString() {
        return name.toString();
    }
}
