package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Where and how to listen.
 *
 * @param host the address to bind
 * @param port the port that takes everything, 0 for a free one
 * @param tlsPort a second port of the same kind, for clients that expect TLS on a port of its own
 * @param pemOrNull the certificate for TLS; a self-signed one is made when absent
 * @param limits what a client may take
 */
public record HttpSettings(
        String host,
        int port,
        OptionalInt tlsPort,
        @Nullable PemFiles pemOrNull,
        HttpLimits limits) {
    /** Checks the parts. */
    public HttpSettings {
        requireNonNull(host, "host");
        requireNonNull(tlsPort, "tlsPort");
        requireNonNull(limits, "limits");
        checkPort(port);
        tlsPort.ifPresent(HttpSettings::checkPort);
    }

    Optional<PemFiles> pem() {
        return Optional.ofNullable(pemOrNull);
    }

    private static void checkPort(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("not a port (0 to 65535): " + port);
        }
    }

    /**
     * A certificate and its key.
     *
     * @param certificate the chain in PEM, the server's own first
     * @param key the private key in PEM (PKCS #8), without a password
     */
    public record PemFiles(Path certificate, Path key) {
        /** Checks the parts. */
        public PemFiles {
            requireNonNull(certificate, "certificate");
            requireNonNull(key, "key");
        }
    }
}
