package io.millrace.streamcore.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelfSignedTest {
    private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");

    @Test
    void theCertificateSignsItselfAndNamesTheServer() throws Exception {
        X509Certificate certificate =
                SelfSigned.make(InetAddress.getByName("10.1.2.3"), NOW).certificate();

        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity(Date.from(NOW.plus(Duration.ofDays(3649))));
        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getIssuerX500Principal()).isEqualTo(certificate.getSubjectX500Principal());
        assertThat(certificate.getBasicConstraints()).as("is an authority").isEqualTo(Integer.MAX_VALUE);
        assertThat(certificate.getKeyUsage()[0]).as("signs").isTrue();
        assertThat(certificate.getKeyUsage()[5]).as("signs certificates").isTrue();
        assertThat(certificate.getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .isEqualTo(List.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "10.1.2.3"));
    }

    @Test
    void everyCertificateHasAnotherNumber() throws Exception {
        InetAddress address = InetAddress.getLoopbackAddress();
        assertThat(SelfSigned.make(address, NOW).certificate().getSerialNumber())
                .isNotEqualTo(SelfSigned.make(address, NOW).certificate().getSerialNumber())
                .isPositive();
    }
}
