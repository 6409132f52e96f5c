package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostNamesTest {
    private final HostNames names = new HostNames(List.of("127.0.0.1", "Streams.Example"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:4567",
                "LOCALHOST",
                "localhost.",
                "kinesis.us-east-1.localhost:4567",
                "127.0.0.1",
                "127.0.0.1:4567",
                "10.1.2.3:80",
                "host.docker.internal:4567",
                "[::1]",
                "[::1]:4567",
                "[fe80::1:2]:80",
                "streams.example",
                "STREAMS.example:4567",
                "streams.example.:4567"
            })
    void localhostAddressesAndNamesThatWereGivenAreKnown(String host) {
        assertThat(names.isKnown(host)).isTrue();
        assertThat(names.isKnown(host)).as("again").isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:4567",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evillocalhost",
                "localhost:4567.evil.example",
                "localhost:evil",
                "127.0.0.1:x",
                "streams.example.evil",
                "x.streams.example",
                "[::1].evil.example",
                "[evil]",
                "[",
                "[]",
                ":4567",
                "",
                " ",
                "localhost evil",
                "user@localhost"
            })
    void allOthersAreNot(String host) {
        assertThat(names.isKnown(host)).isFalse();
    }

    @Test
    void whatIsNoNameIsRefused() {
        for (String wrong : List.of("", "http://a", "a:80", "a/b", "a b", "-a")) {
            assertThatThrownBy(() -> HostNames.checked(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("not a host name: " + wrong);
        }
        assertThat(HostNames.checked("a-b.example")).isEqualTo("a-b.example");
    }
}
