package io.millrace.streamcore.http;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Optional;

/** Makes the server's TLS context: the user's certificate or one made now; HTTP/2 and HTTP/1.1 by ALPN. */
final class Tls {
    private Tls() {}

    static SslContext context(Optional<HttpSettings.PemFiles> pem, InetAddress address, Instant now)
            throws IOException {
        SslContextBuilder builder = pem.isPresent() ? fromFiles(pem.get()) : selfSigned(address, now);
        return builder.sslProvider(SslProvider.JDK)
                // Whatever else this Java would still speak.
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    private static SslContextBuilder selfSigned(InetAddress address, Instant now) throws IOException {
        try {
            SelfSigned identity = SelfSigned.make(address, now);
            return SslContextBuilder.forServer(identity.key(), identity.certificate());
        } catch (GeneralSecurityException e) {
            throw new IOException("This Java cannot make a self-signed certificate: " + e.getMessage(), e);
        }
    }

    private static SslContextBuilder fromFiles(HttpSettings.PemFiles pem) throws IOException {
        checkReadable(pem.certificate());
        checkReadable(pem.key());
        try {
            return SslContextBuilder.forServer(
                    pem.certificate().toFile(), pem.key().toFile());
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "Cannot use the certificate " + pem.certificate() + " with the key " + pem.key()
                            + ": both must be PEM, the key in PKCS #8 form without a password.",
                    e);
        }
    }

    private static void checkReadable(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("Cannot read " + file + ": no such file, or no permission.");
        }
    }
}
