package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyRuleTest {
    @Test
    void numberIsAColumnCountedFromOne() {
        assertThat(key("2", "  first second  third ")).isEqualTo("second");
    }

    @Test
    void wordIsAFieldOfAJsonObject() {
        assertThat(key("user", "{\"a\":{\"user\":\"inner\"},\"user\":\"anna\"}"))
                .isEqualTo("anna");
        assertThat(key("user", "{\"user\":17}")).isEqualTo("17");
    }

    @Test
    void randomKeysDiffer() {
        KeyRule rule = KeyRule.parse("random", new SplittableRandom(1));
        assertThat(rule.keyOf(Bytes.utf8("x"))).isNotEqualTo(rule.keyOf(Bytes.utf8("x")));
    }

    @Test
    void lineWithoutAKeySaysWhy() {
        assertThatThrownBy(() -> key("3", "one two")).hasMessage("there is no column 3");
        assertThatThrownBy(() -> key("user", "no json")).hasMessage("it is no JSON object");
        assertThatThrownBy(() -> key("user", "{\"user\":null}")).hasMessageStartingWith("it has no field 'user'");
        assertThatThrownBy(() -> key("1", "x".repeat(257))).hasMessageContaining("257 characters");
        assertThatThrownBy(() -> KeyRule.parse("0", new SplittableRandom(1))).hasMessageContaining("counted from 1");
    }

    private static String key(String rule, String line) {
        return KeyRule.parse(rule, new SplittableRandom(1)).keyOf(Bytes.utf8(line));
    }
}
