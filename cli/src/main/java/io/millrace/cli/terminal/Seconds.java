package io.millrace.cli.terminal;

import java.math.BigDecimal;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time in seconds, such as 10 or 1.5: from one second to a day. */
public final class Seconds implements ITypeConverter<Duration> {
    private static final BigDecimal MOST = BigDecimal.valueOf(86_400);

    @Override
    public Duration convert(String text) {
        if (!text.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            throw new TypeConversionException("'" + text + "' is not a number of seconds");
        }
        BigDecimal seconds = new BigDecimal(text);
        if (seconds.compareTo(BigDecimal.ONE) < 0 || seconds.compareTo(MOST) > 0) {
            throw new TypeConversionException("'" + text + "' is not between 1 and " + MOST + " seconds");
        }
        return Duration.ofMillis(seconds.movePointRight(3).longValue());
    }
}
