package io.millrace.streamcore.http;

import io.millrace.runtime.EventLoop;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's TLS: the user's certificate, read again when it changes, or one made at start; HTTP/2 and HTTP/1.1 by ALPN. A connection
 * keeps the certificate that it began with. Files that became unusable change nothing but the log: the pair read last stays in
 * use until they are right again.
 *
 * <p>Reading belongs to one thread, which may block; what was read may be asked for by any.
 */
final class Tls {
    /** Certificates are looked at this often. */
    static final Duration POLL = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(Tls.class);
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private final HttpSettings.@Nullable PemFiles pem;
    private volatile SslContext current;
    private volatile @Nullable String flaw;
    private String seen;

    private Tls(HttpSettings.@Nullable PemFiles pem, SslContext current, String seen) {
        this.pem = pem;
        this.current = current;
        this.seen = seen;
    }

    /**
     * Reads the files, or makes a certificate for {@code address} where there are none.
     *
     * @throws IOException with one line for the user if they cannot be used
     */
    static Tls of(Optional<HttpSettings.PemFiles> pem, InetAddress address, Instant now) throws IOException {
        if (pem.isEmpty()) {
            return new Tls(null, context(selfSigned(address, now)), "");
        }
        String state = stateOf(pem.get());
        return new Tls(pem.get(), context(fromFiles(pem.get())), state);
    }

    /** For connections that begin now. */
    SslContext current() {
        return current;
    }

    /** Why the files cannot be used, while an older pair is; empty while they can. */
    Optional<String> flaw() {
        return Optional.ofNullable(flaw);
    }

    /** Looks from now on every two seconds whether the files changed, until the loop is closed. */
    void watch(EventLoop loop) {
        if (pem == null) {
            return;
        }
        try {
            var unused = loop.schedule(POLL, () -> {
                look();
                watch(loop);
            });
        } catch (RejectedExecutionException closed) {
            // The server ends.
        }
    }

    /** Reads the files again if they changed since they were last read or refused. */
    void look() {
        if (pem == null) {
            return;
        }
        String state = stateOf(pem);
        if (state.equals(seen)) {
            return;
        }
        seen = state;
        try {
            current = context(fromFiles(pem));
            flaw = null;
            log.info("Read the certificate {} and its key again; new connections get it", pem.certificate());
        } catch (IOException e) {
            flaw = e.getMessage() + " The certificate read before stays in use.";
            log.warn("{}", flaw);
        }
    }

    /** Differs when one of the files was written, replaced or taken away. */
    private static String stateOf(HttpSettings.PemFiles pem) {
        return stateOf(pem.certificate()) + " " + stateOf(pem.key());
    }

    private static String stateOf(Path file) {
        try {
            BasicFileAttributes state = Files.readAttributes(file, BasicFileAttributes.class);
            return state.lastModifiedTime() + " " + state.size() + " " + state.fileKey();
        } catch (IOException e) {
            return "missing";
        }
    }

    private static SslContext context(SslContextBuilder builder) throws IOException {
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
        byte[] chainText = read(pem.certificate());
        byte[] keyText = read(pem.key());
        try {
            X509Certificate[] chain = chain(chainText);
            PrivateKey key = key(keyText, chain[0].getPublicKey().getAlgorithm());
            if (!fit(key, chain[0].getPublicKey())) {
                throw new IOException("The key " + pem.key() + " is not the one of the certificate " + pem.certificate()
                        + ": replace both.");
            }
            return SslContextBuilder.forServer(key, chain);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    "Cannot use the certificate " + pem.certificate() + " with the key " + pem.key()
                            + ": both must be PEM, the key in PKCS #8 form without a password, and that of the certificate.",
                    e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IOException("Cannot read " + file + ": no such file, or no permission.", e);
        }
    }

    private static X509Certificate[] chain(byte[] pem) throws GeneralSecurityException {
        Collection<? extends Certificate> found =
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
        if (found.isEmpty()) {
            throw new IllegalArgumentException("no certificate");
        }
        return found.toArray(new X509Certificate[0]);
    }

    private static PrivateKey key(byte[] pem, String algorithm) throws GeneralSecurityException {
        Matcher found = PRIVATE_KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new IllegalArgumentException("no private key");
        }
        byte[] encoded = Base64.getMimeDecoder().decode(found.group(1));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    /** Two files are not replaced at one moment, and with a key of another certificate no handshake succeeds. */
    private static boolean fit(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        if (key instanceof RSAKey mine && certified instanceof RSAKey theirs) {
            return mine.getModulus().equals(theirs.getModulus());
        }
        String algorithm = certified.getAlgorithm();
        Signature signature = Signature.getInstance(algorithm.equals("EC") ? "SHA256withECDSA" : algorithm);
        signature.initSign(key);
        signature.update((byte) 1);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update((byte) 1);
        return signature.verify(signed);
    }
}
