package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScreenSizeTest {
    @Test
    void rowsStandBeforeColumns() {
        assertThat(ScreenSize.parse("50 132\n")).isEqualTo(new ScreenSize(50, 132));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0 0", "24", "rows columns", "24 80 1", "-1 80"})
    void whatIsNoSizeIsTheUsualOne(String text) {
        assertThat(ScreenSize.parse(text)).isEqualTo(new ScreenSize(24, 80));
    }
}
