package io.millrace.streamcore.api.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;

/** An entry that is written as one line. */
sealed interface AuditLine permits AuditEvent, RefusalCount {
    /** The longest text of a client that is written. */
    int MAX_TEXT = 256;

    /** When it happened, or began to. */
    Instant time();

    /** Writes the members but the time. */
    void writeTo(JsonGenerator json) throws IOException;

    /** {@code text}, or its beginning if it is too long for a line. */
    static String clip(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
    }
}
