package io.millrace.streamcore.api.audit;

/** Takes notes of what happened. Safe for any thread; never blocks. */
@FunctionalInterface
public interface Audit {
    /** Takes no notes. */
    Audit OFF = event -> {};

    /** Notes one call or refusal. */
    void record(AuditEvent event);
}
