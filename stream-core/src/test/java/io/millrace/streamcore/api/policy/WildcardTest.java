package io.millrace.streamcore.api.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WildcardTest {
    @ParameterizedTest
    @CsvSource({
        "orders, orders, true",
        "orders, orders2, false",
        "orders, xorders, false",
        "orders, Orders, false",
        "*, '', true",
        "*, anything, true",
        "orders-*, orders-, true",
        "orders-*, orders-eu, true",
        "orders-*, orders, false",
        "*-eu, orders-eu-eu, true",
        "a*b*c, aXbYbZc, true",
        "a*b*c, aXbYbZ, false",
        "a?c, abc, true",
        "a?c, ac, false",
        "a.c, abc, false",
        "?*?, a, false",
        "?*?, ab, true",
        "kinesis:PutRecord*, kinesis:PutRecords, true",
        "kinesis:PutRecord, kinesis:PutRecords, false",
    })
    void starsAndQuestionMarksStandForOthers(String pattern, String text, boolean matches) {
        assertThat(new Wildcard(pattern).matches(text)).isEqualTo(matches);
    }

    @Test
    void noPatternTakesLong() {
        assertThat(new Wildcard("a*".repeat(60) + "b").matches("a".repeat(128))).isFalse();
    }
}
