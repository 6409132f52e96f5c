package io.millrace.streamcore.api.audit;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One call or refusal, without anything that should stay secret.
 *
 * @param time when it was answered
 * @param requestId the id in the answer, empty where the request got none
 * @param source the address that the request came from
 * @param accessKey the id of the key that the request named, if it named any
 * @param isVerified whether its signature was verified
 * @param operation what was asked for, empty when that is unknown
 * @param streams the streams meant, as far as that is known
 * @param status of the answer, 0 where there was none
 * @param outcome {@code ok} or the code of the error
 */
public record AuditEvent(
        Instant time,
        String requestId,
        String source,
        Optional<String> accessKey,
        boolean isVerified,
        String operation,
        List<String> streams,
        int status,
        String outcome)
        implements AuditLine {
    /** What {@link #outcome} says when nothing was refused. */
    public static final String OK = "ok";

    /** Checks the parts. */
    public AuditEvent {
        requireNonNull(time, "time");
        requireNonNull(requestId, "requestId");
        requireNonNull(source, "source");
        requireNonNull(accessKey, "accessKey");
        requireNonNull(operation, "operation");
        streams = List.copyOf(streams);
        requireNonNull(outcome, "outcome");
    }

    /** A refusal by the transport, of something that never became a request. */
    public static AuditEvent ofTransport(Instant time, String source, int status, String outcome) {
        return new AuditEvent(time, "", source, Optional.empty(), false, "", List.of(), status, outcome);
    }

    @Override
    public void writeTo(JsonGenerator json) throws IOException {
        json.writeStringField("requestId", requestId);
        json.writeStringField("source", source);
        if (accessKey.isPresent()) {
            json.writeStringField("accessKey", AuditLine.clip(accessKey.get()));
            json.writeBooleanField("verified", isVerified);
        }
        json.writeStringField("operation", AuditLine.clip(operation));
        if (!streams.isEmpty()) {
            json.writeStringField("stream", AuditLine.clip(String.join(",", streams)));
        }
        json.writeNumberField("status", status);
        json.writeStringField("outcome", outcome);
    }
}
