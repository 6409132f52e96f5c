package io.millrace.dynamodblocal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LocalCallersTest {
    @Test
    void programsAndPagesOfThisMachineAreWelcome() {
        for (String host : List.of(
                "localhost",
                "LOCALHOST:8000",
                "a.localhost:1",
                "127.0.0.1",
                "127.9.9.9:8000",
                "host.docker.internal:8000",
                "[::1]:8000")) {
            assertThat(LocalCallers.refusal(host, null)).as(host).isZero();
            assertThat(LocalCallers.refusal(host, "http://" + host)).as(host).isZero();
            assertThat(LocalCallers.refusal(host, "https://" + host)).as(host).isZero();
        }
        assertThat(LocalCallers.refusal(null, null)).isZero();
    }

    @Test
    void allOthersAreNot() {
        for (String host : List.of(
                "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost", "10.0.0.1", "")) {
            assertThat(LocalCallers.refusal(host, null)).as(host).isEqualTo(LocalCallers.MISDIRECTED);
            assertThat(LocalCallers.refusal("localhost", "http://" + host))
                    .as(host)
                    .isEqualTo(LocalCallers.FORBIDDEN);
        }
        assertThat(LocalCallers.refusal("localhost", "null")).isEqualTo(LocalCallers.FORBIDDEN);
        assertThat(LocalCallers.refusal("localhost", "http://localhost/a")).isEqualTo(LocalCallers.FORBIDDEN);
    }
}
