package io.millrace.multilang.child;

import io.millrace.multilang.frame.Hello;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.LineDecoder;
import io.millrace.multilang.line.ToChild;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a child. {@link #send}, {@link #closeOutput} and {@link #close} are safe for any thread; all else belongs to the
 * thread of the {@link Sockets}. Nothing is read from a child whose messages nobody has taken yet, and nothing is encoded for one
 * that has not read what came before.
 */
final class Connection {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    /** A message of a child has some hundred bytes; one with a trace has some thousand. */
    static final int LONGEST_LINE = 64 * 1024;

    /** Messages on their way to the loop, from which on the child is not read. */
    private static final int MOST_ON_THE_WAY = 256;

    /** Pieces that are read or written before others have their turn. */
    private static final int PIECES = 8;

    private final Sockets sockets;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final LinePump lines = new LinePump(LONGEST_LINE, this::line);

    /** Absent until the child has said who it is. */
    private @Nullable SocketEvents events;

    private long received;

    private final AtomicInteger onTheWay = new AtomicInteger();
    private final Deque<ToChild> messages = new ArrayDeque<>();

    /** The message that is being written, and how much of it is. */
    private byte @Nullable [] written;

    private int writtenTo;
    private boolean isClosing;
    private boolean isClosed;

    Connection(Sockets sockets, SocketChannel channel, SelectionKey key) {
        this.sockets = sockets;
        this.channel = channel;
        this.key = key;
    }

    /** Sends a message, after those before it. */
    void send(ToChild message) {
        sockets.execute(() -> guarded(() -> {
            if (!isClosed && !isClosing) {
                messages.add(message);
                write();
            }
        }));
    }

    /** Lets the child read the end, once all messages are written. */
    void closeOutput() {
        sockets.execute(() -> guarded(() -> {
            isClosing = true;
            write();
        }));
    }

    /** Closes the connection at once. */
    void close() {
        sockets.execute(this::closeNow);
    }

    /** True until the child has said who it is. */
    boolean isStrange() {
        return events == null;
    }

    /** The selector says that something can be done. */
    void ready() {
        guarded(() -> {
            if (key.isValid() && key.isReadable()) {
                read();
            }
            if (key.isValid() && key.isWritable()) {
                write();
            }
        });
    }

    /** An error, such as too little memory for a frame, ends this connection and no other. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error error) {
            log.error("A connection of a child has failed, and is closed", error);
            lose("has lost its connection: " + error.getClass().getSimpleName());
        }
    }

    private void read() {
        try {
            ByteBuffer piece = sockets.piece();
            int read = 1;
            for (int i = 0; i < PIECES && read > 0 && !isClosed && isReading(); i++) {
                piece.clear();
                read = channel.read(piece);
                if (read > 0) {
                    byte[] chunk = sockets.chunk();
                    piece.flip().get(chunk, 0, read);
                    moved(0, read);
                    lines.take(chunk, read);
                    received += read;
                    if (events == null && received > Hello.LONGEST) {
                        closeNow();
                    }
                }
            }
            if (read < 0 && !isClosed) {
                ended();
            }
        } catch (IOException broken) {
            // As its end.
            ended();
        }
    }

    private void ended() {
        SocketEvents told = events;
        closeNow();
        if (told != null) {
            sockets.tell(told::closed);
        }
    }

    private boolean isReading() {
        boolean reads = onTheWay.get() < MOST_ON_THE_WAY;
        setInterest(SelectionKey.OP_READ, reads);
        return reads;
    }

    private void line(byte[] bytes, int from, int length, long dropped) {
        SocketEvents known = events;
        if (isClosed || (length == 0 && dropped == 0)) {
            // Clients end what stands before a message with a line feed.
            return;
        }
        if (known == null) {
            greet(bytes, from, length);
        } else if (dropped > 0) {
            broke("sent a line of more than " + LONGEST_LINE + " bytes");
        } else {
            FromChild message = LineDecoder.decode(bytes, from, length);
            if (message instanceof FromChild.Noise noise) {
                broke("sent a line of " + length + " bytes over its socket that is no message: " + noise.why());
            } else {
                onTheWay.incrementAndGet();
                sockets.tell(() -> {
                    known.received(message);
                    if (onTheWay.decrementAndGet() == MOST_ON_THE_WAY / 2) {
                        sockets.execute(this::isReading);
                    }
                });
            }
        }
    }

    private void greet(byte[] bytes, int from, int length) {
        SocketEvents known = sockets.known(Hello.parse(bytes, from, length));
        if (known == null) {
            closeNow();
        } else {
            events = known;
            sockets.tell(() -> known.connected(this));
        }
    }

    private void broke(String why) {
        closeAndTell(known -> known.broke(why));
    }

    /** Closes it by no fault of the child. */
    void lose(String why) {
        closeAndTell(known -> known.lost(why));
    }

    private void closeAndTell(Consumer<SocketEvents> what) {
        boolean isNews = !isClosed;
        SocketEvents known = events;
        closeNow();
        if (isNews && known != null) {
            sockets.tell(() -> what.accept(known));
        }
    }

    private void write() {
        if (isClosed) {
            return;
        }
        try {
            int pieces = 0;
            while (hasMore() && pieces < PIECES && writePiece()) {
                pieces++;
            }
            setInterest(SelectionKey.OP_WRITE, hasMore());
            if (isClosing && !hasMore()) {
                channel.shutdownOutput();
            }
        } catch (IOException notRead) {
            // The child has closed it, and the end of what it sent is about to be read.
            messages.clear();
            written = null;
            setInterest(SelectionKey.OP_WRITE, false);
        } catch (IllegalArgumentException tooLong) {
            broke("cannot be sent its records: " + tooLong.getMessage());
        }
    }

    private boolean hasMore() {
        return written != null || !messages.isEmpty();
    }

    /** False if the child has to read first. */
    private boolean writePiece() throws IOException {
        byte[] message = written;
        if (message == null) {
            message = sockets.encode(messages.remove());
            written = message;
            writtenTo = 0;
        }
        ByteBuffer piece = sockets.piece();
        piece.clear();
        piece.put(message, writtenTo, Math.min(piece.remaining(), message.length - writtenTo));
        piece.flip();
        int wrote = channel.write(piece);
        writtenTo += wrote;
        if (writtenTo == message.length) {
            written = null;
        }
        moved(wrote, 0);
        return !piece.hasRemaining();
    }

    private void moved(long toChild, long fromChild) {
        SocketEvents known = events;
        if (known != null) {
            known.moved(toChild, fromChild);
        }
    }

    private void setInterest(int operation, boolean isWanted) {
        if (key.isValid()) {
            int now = key.interestOps();
            int next = isWanted ? now | operation : now & ~operation;
            if (next != now) {
                key.interestOps(next);
            }
        }
    }

    /** Closes it, and tells nobody. */
    void closeNow() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        messages.clear();
        written = null;
        sockets.over(this);
        try {
            channel.close();
        } catch (IOException gone) {
            // It is closed all the same.
        }
    }
}
