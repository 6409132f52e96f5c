package io.millrace.streamcore.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.runtime.EventLoop;
import io.millrace.runtime.SystemPlatform;
import io.millrace.sim.Simulation;
import io.millrace.streamcore.api.call.ApiAnswer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Certificates that change under a server on real sockets, which looks at them in virtual time. */
@Timeout(60)
class TlsTest {
    private static final Instant TIME = Instant.parse("2026-11-21T12:00:00Z");

    private final Simulation simulation = new Simulation(1);
    private final EventLoop loop = simulation.newEventLoop("files");
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(Tls.class);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private SelfSigned first;

    @SuppressWarnings("NullAway.Init") // set before each test
    private SelfSigned second;

    @SuppressWarnings("NullAway.Init") // set before each test
    private HttpServer.Bound bound;

    @BeforeEach
    void start() throws Exception {
        logged.start();
        logger.addAppender(logged);
        first = SelfSigned.make(InetAddress.getLoopbackAddress(), TIME);
        second = SelfSigned.make(InetAddress.getLoopbackAddress(), TIME);
        write(first.certificate(), first.key());
        bound = listen();
        bound.server().watchCertificate(loop);
    }

    @AfterEach
    void stop() {
        bound.server().close();
        logger.detachAndStopAllAppenders();
    }

    private HttpServer.Bound listen() throws IOException {
        return HttpServer.start(
                new HttpSettings(
                        "127.0.0.1",
                        0,
                        OptionalInt.empty(),
                        new HttpSettings.PemFiles(folder.resolve("chain.pem"), folder.resolve("key.pem")),
                        HttpLimits.DEFAULT),
                request -> CompletableFuture.completedFuture(ApiAnswer.whole(200, Map.of(), out -> {})),
                new SystemPlatform());
    }

    private void write(X509Certificate certificate, PrivateKey key) throws IOException, GeneralSecurityException {
        Files.writeString(folder.resolve("chain.pem"), "of the test\n" + pem("CERTIFICATE", certificate.getEncoded()));
        Files.writeString(folder.resolve("key.pem"), pem("PRIVATE KEY", key.getEncoded()));
    }

    private static String pem(String what, byte[] encoded) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
    }

    private X509Certificate shown() throws IOException {
        try (RawClient client = RawClient.tls(bound.main())) {
            return client.certificate();
        }
    }

    private void passALook() {
        simulation.run(Tls.POLL.plusMillis(100));
    }

    @Test
    void aNewPairIsForNewConnectionsAndOldOnesGoOn() throws Exception {
        try (RawClient client = RawClient.tls(bound.main())) {
            assertThat(client.certificate()).isEqualTo(first.certificate());
            write(second.certificate(), second.key());
            passALook();
            assertThat(shown()).isEqualTo(second.certificate());
            assertThat(client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read().status())
                    .isEqualTo(200);
        }
        assertThat(bound.server().certificateFlaw()).isEmpty();
        assertThat(logged.list).noneMatch(event -> event.getLevel().isGreaterOrEqual(Level.WARN));
    }

    @Test
    void aPairThatDoesNotFitKeepsTheOldOneWithOneWarning() throws Exception {
        write(second.certificate(), first.key());
        passALook();
        passALook();
        assertThat(shown()).isEqualTo(first.certificate());
        String told = "The key " + folder.resolve("key.pem") + " is not the one of the certificate "
                + folder.resolve("chain.pem") + ": replace both. The certificate read before stays in use.";
        assertThat(bound.server().certificateFlaw()).contains(told);
        assertThat(logged.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(told);

        write(second.certificate(), second.key());
        passALook();
        assertThat(shown()).isEqualTo(second.certificate());
        assertThat(bound.server().certificateFlaw()).isEmpty();
    }

    @Test
    void filesThatAreGoneOrBrokenKeepTheOldPair() throws Exception {
        Files.delete(folder.resolve("key.pem"));
        passALook();
        assertThat(bound.server().certificateFlaw().orElse("")).startsWith("Cannot read " + folder.resolve("key.pem"));
        for (String broken : new String[] {"", "no key", pem("PRIVATE KEY", new byte[] {1, 2, 3})}) {
            Files.writeString(folder.resolve("key.pem"), broken + " ".repeat(broken.length()));
            passALook();
            assertThat(bound.server().certificateFlaw().orElse("")).contains("both must be PEM");
        }
        write(second.certificate(), second.key());
        Files.writeString(folder.resolve("chain.pem"), "nothing");
        passALook();
        assertThat(bound.server().certificateFlaw().orElse("")).contains("both must be PEM");
        assertThat(shown()).isEqualTo(first.certificate());
    }

    @Test
    void aServerDoesNotStartWithAPairThatDoesNotFit() throws Exception {
        write(second.certificate(), first.key());
        assertThatThrownBy(this::listen)
                .isInstanceOf(IOException.class)
                .hasMessage("The key " + folder.resolve("key.pem") + " is not the one of the certificate "
                        + folder.resolve("chain.pem") + ": replace both.");
    }
}
