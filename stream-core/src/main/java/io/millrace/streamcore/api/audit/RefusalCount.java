package io.millrace.streamcore.api.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;

/**
 * Refusals that have no line of their own.
 *
 * @param time the minute in which they were
 * @param source the address that they came from, the network of one, or {@link #OTHERS}
 * @param refusals how many
 */
record RefusalCount(Instant time, String source, long refusals) implements AuditLine {
    /** All sources beyond those that are told apart. */
    static final String OTHERS = "others";

    RefusalCount {
        requireNonNull(time, "time");
        requireNonNull(source, "source");
    }

    @Override
    public void writeTo(JsonGenerator json) throws IOException {
        json.writeStringField("source", source);
        json.writeNumberField("moreRefusals", refusals);
    }
}
