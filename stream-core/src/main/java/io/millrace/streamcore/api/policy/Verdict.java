package io.millrace.streamcore.api.policy;

/** What a policy says to a request. */
public enum Verdict {
    /** It must not be, whatever else allows it. */
    DENIED,
    /** It may be, unless something else denies it. */
    ALLOWED,
    /** Nothing. */
    SILENT
}
