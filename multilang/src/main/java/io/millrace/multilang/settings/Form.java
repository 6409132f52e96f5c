package io.millrace.multilang.settings;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The texts that a setting takes. */
@FunctionalInterface
interface Form {
    /** Any text but none at all. */
    Form TEXT = named("some text", value -> !value.isEmpty());

    /** True or false. */
    Form FLAG = named("true or false", value -> value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false"));

    /** An ISO-8601 duration. */
    Form DURATION = named("a duration such as P1D or PT30S", value -> {
        try {
            return !Duration.parse(value).isNegative();
        } catch (DateTimeException noDuration) {
            return false;
        }
    });

    /** An address of a service. */
    Form ADDRESS = named("an address such as http://127.0.0.1:4567", value -> {
        try {
            URI uri = new URI(value);
            return uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (URISyntaxException noAddress) {
            return false;
        }
    });

    /** Reads nothing; says what would be right if {@code value} is not, or null if it is. */
    String expectedInsteadOf(String value);

    private static Form named(String what, java.util.function.Predicate<String> isRight) {
        return value -> isRight.test(value) ? "" : what;
    }

    /** A whole number within bounds. */
    static Form whole(long least, long most) {
        String bounds = most == Long.MAX_VALUE || most == Integer.MAX_VALUE
                ? "a whole number from " + least + " on"
                : "a whole number from " + least + " to " + most;
        return named(bounds, value -> {
            if (!value.matches("[+-]?\\d{1,30}")) {
                return false;
            }
            BigInteger number = new BigInteger(value);
            return number.compareTo(BigInteger.valueOf(least)) >= 0 && number.compareTo(BigInteger.valueOf(most)) <= 0;
        });
    }

    /** A name of a function. */
    static Form name() {
        return named("a name of 1 to 64 letters, digits, '-' and '_'", value -> value.matches("[A-Za-z0-9_-]{1,64}"));
    }

    /** A number with or without a fraction, not negative. */
    static Form number() {
        return named("a number that is not negative", value -> {
            try {
                return value.length() <= 30 && new BigDecimal(value).signum() >= 0;
            } catch (NumberFormatException noNumber) {
                return false;
            }
        });
    }

    /** One of some words, in any case. */
    static Form choice(String... words) {
        List<String> all =
                Arrays.stream(words).map(word -> word.toUpperCase(Locale.ROOT)).toList();
        return named("one of " + String.join(", ", words), value -> all.contains(value.toUpperCase(Locale.ROOT)));
    }
}
