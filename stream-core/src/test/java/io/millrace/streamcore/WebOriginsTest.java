package io.millrace.streamcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebOriginsTest {
    private final WebOrigins origins = new WebOrigins(List.of("https://App.example:8443"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost",
                "https://localhost:3000",
                "HTTP://LOCALHOST:3000",
                "http://console.localhost:3000",
                "http://127.0.0.1:5173",
                "http://127.1.2.3",
                "http://[::1]:8080",
                "https://app.example:8443"
            })
    void pagesOfThisMachineAndThoseThatWereGivenAreAllowed(String origin) {
        assertThat(origins.allows(origin)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "null",
                "",
                "*",
                "file://",
                "https://app.example",
                "http://app.example:8443",
                "http://localhost.evil.example",
                "http://evillocalhost",
                "http://localhost@evil.example",
                "http://127.0.0.1.evil.example",
                "http://10.0.0.1",
                "http://[::2]",
                "chrome-extension://abc",
                "http://localhost:3000, https://evil.example",
                "http://localhost/evil"
            })
    void allOthersAreNot(String origin) {
        assertThat(origins.allows(origin)).isFalse();
    }

    @Test
    void everyOneIsIfThatWasGiven() {
        WebOrigins every = new WebOrigins(List.of("*"));
        assertThat(every.allows("https://evil.example")).isTrue();
        assertThat(every.allows("null")).isTrue();
    }

    @Test
    void whatIsNoOriginIsRefused() {
        for (String wrong : List.of("", "example.com", "https://example.com/", "https://*.example.com", "ftp://a")) {
            assertThatThrownBy(() -> WebOrigins.checked(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("not an origin: " + wrong);
        }
        assertThat(WebOrigins.checked("http://[::1]:80")).isEqualTo("http://[::1]:80");
        assertThat(WebOrigins.checked("*")).isEqualTo("*");
    }
}
