package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SecondsTest {
    private final Seconds seconds = new Seconds();

    @Test
    void fractionsAreKeptToTheMillisecond() {
        assertThat(seconds.convert("1")).isEqualTo(Duration.ofSeconds(1));
        assertThat(seconds.convert("2.5")).isEqualTo(Duration.ofMillis(2_500));
        assertThat(seconds.convert("86400")).isEqualTo(Duration.ofDays(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "-1", "1s", "NaN", "1e3", "PT10S"})
    void whatIsNoNumberIsToldSo(String text) {
        assertThatThrownBy(() -> seconds.convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessage("'" + text + "' is not a number of seconds");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0.999", "86400.1", "999999999"})
    void whatIsTooLittleOrTooMuchIsToldTheBounds(String text) {
        assertThatThrownBy(() -> seconds.convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("between 1 and 86400 seconds");
    }
}
