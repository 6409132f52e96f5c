package io.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StatusCounterTest {
    @Test
    void statusIsTheNumberBehindTheRequest() {
        assertThat(StatusCounter.status(
                        "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 304 17 \"-\" \"x\""))
                .isEqualTo("304");
    }

    @Test
    void lineWithoutAStatusIsCountedToo() {
        assertThat(StatusCounter.status("garbage")).isEqualTo("other");
    }
}
