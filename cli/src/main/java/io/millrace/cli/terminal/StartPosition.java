package io.millrace.cli.terminal;

import io.millrace.model.Position;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
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

    private static Position.Initial moment(String text) {
        try {
            return new Position.AtTimestamp(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            throw new TypeConversionException(
                    "'" + text + "' is none of trim_horizon, latest and a time like 2026-11-21T08:30:00Z");
        }
    }
}
