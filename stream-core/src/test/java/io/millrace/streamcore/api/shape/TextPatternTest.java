package io.millrace.streamcore.api.shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextPatternTest {
    private static final String STREAM = "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+";
    private static final String RESOURCE = "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+";
    private static final String CONSUMER =
            "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+";

    /** What the patterns are made of, and what each of them stumbles over. */
    private static final String[] PARTS = {
        "arn:aws",
        "arn",
        ":",
        ":kinesis:",
        ":000000000000:",
        "1",
        "-cn",
        "stream/",
        "/consumer/",
        "name",
        " ",
        "\n",
        "\u2028",
        "\u00a0",
        "\u000b",
        "\u0660",
        "\ud83d\ude00",
        "us-east-1",
        "/",
        "]"
    };

    @ParameterizedTest
    @ValueSource(strings = {STREAM, RESOURCE, CONSUMER, ".*a+.*", "[a-n]*.*:{2}.*"})
    void itMatchesWhatTheRegularExpressionMatches(String regex) {
        Pattern expected = Pattern.compile(regex);
        TextPattern pattern = TextPattern.of(regex);
        int matched = 0;
        for (long seed = 0; seed < 20_000; seed++) {
            String text = text(new SplittableRandom(seed));
            boolean matches = expected.matcher(text).matches();
            matched += matches ? 1 : 0;
            assertThat(pattern.matches(text)).as("seed %d: %s", seed, text).isEqualTo(matches);
        }
        assertThat(matched).isBetween(200, 19_800);
        assertThat(pattern).hasToString(regex);
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAM, RESOURCE, CONSUMER})
    void aTextOfManyBeginningsIsLookedThroughOnce(String regex) {
        // With backtracking this would not end: every wildcard has 100,000 places to end at.
        String text = "arn:aws" + ":kinesis::000000000000:stream/x/consumer/y:1".repeat(100_000) + " ";
        assertThat(TextPattern.of(regex).matches(text)).isFalse();
    }

    @Test
    void expressionsItDoesNotKnowAreRefused() {
        assertThatThrownBy(() -> TextPattern.of(".*|x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TextPattern.of(".*\\w")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TextPattern.of(".*a{64}")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Mostly near to an ARN, with a part more or less here and there. */
    private static String text(SplittableRandom random) {
        String[] near = {
            "arn:aws", "", ":kinesis:", "us-east-1", ":000000000000:", "stream/", "name", "/consumer/", "name", ":", "1"
        };
        StringBuilder text = new StringBuilder();
        for (String part : near) {
            if (random.nextInt(20) > 0) {
                text.append(part);
            }
            if (random.nextInt(8) == 0) {
                text.append(PARTS[random.nextInt(PARTS.length)]);
            }
        }
        return text.toString();
    }
}
