package io.millrace.cli.terminal;

import io.millrace.model.Position;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --from}: trim_horizon, latest or a moment such as 2026-11-21T08:30:00Z. */
public final class StartPosition implements ITypeConverter<Position.Initial> {
    @Override
    public Position.Initial convert(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "trim_horizon" -> Position.trimHorizon();
            case "latest" -> Position.latest();
            default -> moment(text);
        };
    }

    /**
     * Refuses a moment that is still to come: streams are read from what they hold.
     *
     * @throws CommandFailure if {@code from} is after {@code now}
     */
    public static void refuseFuture(Position.Initial from, Instant now) {
        if (from instanceof Position.AtTimestamp at && at.time().isAfter(now)) {
            throw CommandFailure.usage("--from " + at.time() + " is still to come, it is "
                    + now.truncatedTo(ChronoUnit.SECONDS) + " now; for what is put from now on use --from latest");
        }
    }

    private static Position.Initial moment(String text) {
        try {
            return new Position.AtTimestamp(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            throw new TypeConversionException(
                    "'" + text + "' is none of trim_horizon, latest and a time like 2026-11-21T08:30:00Z");
        }
    }
}
