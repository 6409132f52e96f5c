package io.millrace.multilang.child;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.ToChild;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The children's socket: who may connect, what may come over it, and that nobody waits for a child that does not read. */
@Timeout(60)
class SocketsTest {
    private static final String STATUS = "{\"action\":\"status\",\"responseFor\":\"initialize\"}\n";

    private final Platform platform = new SystemPlatform();
    private final EventLoop loop = platform.newEventLoop("test-children");
    private final Platform.BlockingTasks threads = platform.newPipeThreads("test-sockets");
    private final List<SocketChannel> clients = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // before each test
    private Sockets sockets;

    @BeforeEach
    void open() throws IOException {
        sockets = Sockets.open(loop, threads);
    }

    @AfterEach
    void close() throws IOException {
        for (SocketChannel client : clients) {
            client.close();
        }
        sockets.close();
        threads.close();
        loop.close();
    }

    @Test
    void onlyThisUserMayEnterTheFolder() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                        requireNonNull(sockets.file().getParent()))))
                .isEqualTo("rwx------");
    }

    @Test
    void whoHasNoTokenIsDropped() throws Exception {
        Told told = new Told();
        String token = sockets.expect(told);
        for (String first : List.of(
                "hello\n",
                STATUS,
                hello("0".repeat(32)),
                hello(""),
                hello(token).replace("\"frames\":1", "\"frames\":2"),
                "x".repeat(100_000))) {
            assertThat(read(says(first))).isEmpty();
        }
        assertThat(told.events).isEmpty();
        SocketChannel child = says(hello(token));
        told.connection().send(new ToChild.LeaseLost());
        told.connection().closeOutput();
        assertThat(read(child)).isEqualTo("{\"action\":\"leaseLost\"}\n");
    }

    @Test
    void tokenIsGoodForOneConnection() throws Exception {
        Told told = new Told();
        String token = sockets.expect(told);
        says(hello(token));
        told.connection();
        assertThat(read(says(hello(token)))).isEmpty();

        String forgotten = sockets.expect(told);
        sockets.forget(forgotten);
        assertThat(read(says(hello(forgotten)))).isEmpty();
    }

    @Test
    void strangersWhoSayNothingCannotKeepChildrenOut() throws Exception {
        for (int i = 0; i < 200; i++) {
            says("{");
        }
        Told told = new Told();
        says(hello(sockets.expect(told)));
        told.connection().send(new ToChild.LeaseLost());
        assertThat(read(clients.get(0))).as("the eldest is dropped").isEmpty();
    }

    @Test
    void messagesComeInOrderAndThenTheEnd() throws Exception {
        Told told = new Told();
        SocketChannel child = says(hello(sockets.expect(told)));
        told.connection();
        // More than may be on their way at once.
        String line = "\n{\"action\":\"checkpoint\",\"sequenceNumber\":\"7\"}\n";
        CompletableFuture<Void> unused =
                CompletableFuture.runAsync(() -> send(child, line.repeat(5_000) + STATUS), threads);
        for (int i = 0; i < 5_000; i++) {
            assertThat(told.next()).isEqualTo(new FromChild.Checkpoint("7", null).toString());
        }
        assertThat(told.next()).isEqualTo(new FromChild.Status("initialize").toString());
        child.close();
        assertThat(told.next()).isEqualTo("closed");
        assertThat(told.fromChild.get()).isEqualTo(5_000L * line.length() + STATUS.length());
    }

    @Test
    void whatIsNoMessageEndsTheConnection() throws Exception {
        for (String garbage :
                List.of("print\n", "{\"action\":\"dance\"}\n", "x".repeat(70_000) + "\n", "\u0001\u0000\n")) {
            Told told = new Told();
            SocketChannel child = says(hello(sockets.expect(told)));
            told.connection();
            send(child, garbage);
            assertThat(told.next()).startsWith("broke: sent a line of ");
            assertThat(read(child)).isEmpty();
        }
    }

    @Test
    void childThatDoesNotReadHoldsUpNobodyElse() throws Exception {
        Told deaf = new Told();
        Told other = new Told();
        SocketChannel silent = says(hello(sockets.expect(deaf)));
        SocketChannel hearing = says(hello(sockets.expect(other)));
        ToChild records = new ToChild.ProcessRecords(Collections.nCopies(20, record(1_000_000)), 0);
        deaf.connection().send(records);
        deaf.connection().send(new ToChild.LeaseLost());
        other.connection();
        for (int i = 0; i < 3; i++) {
            other.connection().send(records);
        }
        other.connection().closeOutput();
        long frame = 24 + 20 * (28 + 1_000_000 + 2);
        assertThat(count(hearing)).isEqualTo(3 * frame);
        assertThat(other.toChild.get()).isEqualTo(3 * frame);
        assertThat(deaf.toChild.get()).isPositive().isLessThan(frame);

        deaf.connection().closeOutput();
        assertThat(count(silent)).as("all of it, once it reads").isEqualTo(frame + 23);
    }

    /** Such as too little memory for a frame. */
    @Test
    void errorAtOneConnectionEndsThatAloneAndIsToldOf() throws Exception {
        Told failing = new Told() {
            @Override
            public void moved(long to, long from) {
                if (to > 0) {
                    throw new OutOfMemoryError("on purpose");
                }
            }
        };
        Told other = new Told();
        SocketChannel child = says(hello(sockets.expect(failing)));
        SocketChannel beside = says(hello(sockets.expect(other)));
        failing.connection().send(new ToChild.LeaseLost());
        assertThat(failing.next()).isEqualTo("lost: has lost its connection: OutOfMemoryError");
        assertThat(read(child)).isEqualTo("{\"action\":\"leaseLost\"}\n");
        other.connection().send(new ToChild.LeaseLost());
        other.connection().closeOutput();
        assertThat(read(beside)).isEqualTo("{\"action\":\"leaseLost\"}\n");
    }

    @Test
    void whoWaitsForAChildIsToldWhenTheThreadFails() throws Exception {
        Told told = new Told();
        SocketChannel child = says(hello(sockets.expect(told)));
        told.connection();
        sockets.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        assertThat(told.next()).isEqualTo("lost: has lost its socket");
        assertThat(read(child)).isEmpty();
        threads.close();
        while (Files.exists(sockets.file())) {
            Thread.onSpinWait();
        }
    }

    /** A child of Node.js does not wait until it can connect. */
    @Test
    void manyConnectWhileTheThreadIsAtSomethingElse() throws Exception {
        CountDownLatch goesOn = new CountDownLatch(1);
        sockets.execute(() -> {
            try {
                goesOn.await();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            for (int i = 0; i < 100; i++) {
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
                clients.add(client);
                client.configureBlocking(false);
                assertThat(client.connect(UnixDomainSocketAddress.of(sockets.file())))
                        .as("the %s.", i)
                        .isTrue();
            }
        } finally {
            goesOn.countDown();
        }
    }

    @Test
    void recordsAboveTheLimitEndTheConnection() throws Exception {
        Told told = new Told();
        says(hello(sockets.expect(told)));
        told.connection().send(new ToChild.ProcessRecords(Collections.nCopies(300, record(1 << 20)), 0));
        assertThat(told.next()).startsWith("broke: cannot be sent its records: ");
    }

    @Test
    void closingEndsAllConnectionsAndDeletesTheSocket() throws Exception {
        Told told = new Told();
        SocketChannel child = says(hello(sockets.expect(told)));
        told.connection();
        sockets.close();
        assertThat(read(child)).isEmpty();
        threads.close();
        while (Files.exists(sockets.file())) {
            Thread.onSpinWait();
        }
    }

    private static String hello(String token) {
        return "\n{\"action\":\"hello\",\"frames\":1,\"token\":\"" + token + "\"}\n";
    }

    private static StreamRecord record(int bytes) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse("1")), "k", Bytes.wrap(new byte[bytes]), Instant.EPOCH);
    }

    private SocketChannel says(String first) throws IOException {
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(sockets.file()));
        clients.add(client);
        send(client, first);
        return client;
    }

    private static void send(SocketChannel client, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        try {
            while (bytes.hasRemaining()) {
                client.write(bytes);
            }
        } catch (IOException dropped) {
            // It is told by what is read.
        }
    }

    /** All that comes until the end. */
    private static String read(SocketChannel client) {
        StringBuilder text = new StringBuilder();
        ByteBuffer bytes = ByteBuffer.allocate(10_000);
        try {
            while (client.read(bytes) >= 0) {
                text.append(StandardCharsets.US_ASCII.decode(bytes.flip()));
                bytes.clear();
            }
        } catch (IOException reset) {
            // As its end: something that was sent had not been read.
        }
        return text.toString();
    }

    private static long count(SocketChannel client) throws IOException {
        long count = 0;
        ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
        for (int read = client.read(bytes); read >= 0; read = client.read(bytes.clear())) {
            count += read;
        }
        return count;
    }

    /** Notes what it is told. */
    private static class Told implements SocketEvents {
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        final CompletableFuture<Connection> connected = new CompletableFuture<>();
        final AtomicLong toChild = new AtomicLong();
        final AtomicLong fromChild = new AtomicLong();

        Connection connection() throws Exception {
            return connected.get(30, TimeUnit.SECONDS);
        }

        @Nullable
        String next() throws InterruptedException {
            return events.poll(30, TimeUnit.SECONDS);
        }

        @Override
        public void connected(Connection connection) {
            connected.complete(connection);
        }

        @Override
        public void received(FromChild message) {
            events.add(message.toString());
        }

        @Override
        public void moved(long to, long from) {
            toChild.addAndGet(to);
            fromChild.addAndGet(from);
        }

        @Override
        public void broke(String why) {
            events.add("broke: " + why);
        }

        @Override
        public void lost(String why) {
            events.add("lost: " + why);
        }

        @Override
        public void closed() {
            events.add("closed");
        }
    }
}
