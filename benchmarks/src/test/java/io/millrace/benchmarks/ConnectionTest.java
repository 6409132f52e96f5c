package io.millrace.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.Platform;
import io.millrace.runtime.SystemPlatform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    @Test
    void answerOfAnnouncedLengthIsReadToItsEnd() throws IOException {
        String body = "{\"ShardIterator\":\"abc\"}";
        try (Answering server =
                new Answering("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\nx: y\r\n\r\n" + body)) {
            assertThat(server.iterator()).isEqualTo("abc");
        }
    }

    @Test
    void answerInChunksIsPutTogether() throws IOException {
        String chunks = """
                HTTP/1.1 200 OK
                transfer-encoding: chunked

                b
                {"ShardIter
                c
                ator":"abc"}
                0

                """;
        try (Answering server = new Answering(chunks.replace("\n", "\r\n"))) {
            assertThat(server.iterator()).isEqualTo("abc");
        }
    }

    @Test
    void memberIsFoundInCborToo() throws IOException {
        try (Answering server = new Answering("HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\n¡mShardIteratorcabc")) {
            assertThat(server.iterator()).isEqualTo("abc");
        }
    }

    @Test
    void refusalIsAnErrorWithTheServersWords() {
        assertThatThrownBy(() -> {
                    try (Answering server =
                            new Answering("HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nnope")) {
                        server.iterator();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("400")
                .hasMessageContaining("nope");
    }

    /** Answers one connection's first bytes with what it is told. */
    private static final class Answering implements AutoCloseable {
        private final ServerSocketChannel server = ServerSocketChannel.open();
        private final Platform.BlockingTasks threads = new SystemPlatform().newBlockingTasks("answer", 1);

        Answering(String answer) throws IOException {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            threads.execute(() -> {
                try (SocketChannel peer = server.accept()) {
                    peer.read(ByteBuffer.allocate(4096));
                    peer.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.ISO_8859_1)));
                    // Until the client leaves.
                    peer.read(ByteBuffer.allocate(1));
                } catch (IOException over) {
                    // The client left.
                }
            });
        }

        String iterator() throws IOException {
            try (Connection connection = new Connection(server.socket().getLocalPort())) {
                connection.exchange(StreamCalls.iterator(Form.JSON, "s"));
                return connection.member("ShardIterator");
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
            threads.close();
        }
    }
}
