package io.millrace.streamcore.api;

import io.millrace.streamcore.api.audit.Audit;
import io.millrace.streamcore.api.audit.AuditEvent;
import io.millrace.streamcore.api.auth.AuthForm;
import io.millrace.streamcore.api.auth.RequestedStreams;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ServiceOperations;
import io.millrace.streamcore.api.call.ServiceOperations.Kind;
import io.millrace.streamcore.stream.account.Account;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides which answers are worth an audit line, and writes it. Safe for any thread. */
final class AuditNotes {
    /** Everyday answers to those who read and write fast: no refusal, and far too many. */
    private static final Set<String> EVERYDAY = Set.of(
            "ExpiredIteratorException",
            "KMSThrottlingException",
            "LimitExceededException",
            "ProvisionedThroughputExceededException");

    private final Audit audit;
    private final RequestedStreams requested;
    private final Account usual;
    private final InstantSource clock;

    /** Streams of the {@code usual} account are noted by their name, those of others with account and region before. */
    AuditNotes(Audit audit, RequestedStreams requested, Account usual, InstantSource clock) {
        this.audit = audit;
        this.requested = requested;
        this.usual = usual;
        this.clock = clock;
    }

    /** Notes a call that was answered with what it asked for, if it concerned streams rather than records. */
    void done(Exchange exchange, ApiAnswer answer) {
        if (kind(exchange).filter(Kind::isControl).isPresent()) {
            note(exchange, answer, AuditEvent.OK);
        }
    }

    /** Notes a call that was answered with an error. */
    void refused(Exchange exchange, ApiAnswer answer, String code) {
        boolean isControl = kind(exchange).filter(Kind::isControl).isPresent();
        if (isControl || !EVERYDAY.contains(code)) {
            note(exchange, answer, code);
        }
    }

    private static Optional<Kind> kind(Exchange exchange) {
        return ServiceOperations.kind(exchange.operation());
    }

    private List<String> streams(Exchange exchange) {
        Account owner = exchange.owner().orElse(usual);
        String prefix = owner.equals(usual) ? "" : owner + ":";
        return exchange.input()
                .map(values -> requested.in(values).streams().stream()
                        .map(name -> prefix + name)
                        .toList())
                .orElse(List.of());
    }

    private void note(Exchange exchange, ApiAnswer answer, String outcome) {
        if (audit == Audit.OFF) {
            return;
        }
        audit.record(new AuditEvent(
                clock.instant(),
                answer.headers().getOrDefault(AnswerHeaders.REQUEST_ID, ""),
                exchange.request().peer().getHostAddress(),
                AuthForm.claimedKey(exchange.request()),
                exchange.caller().flatMap(caller -> caller.keyId()).isPresent(),
                exchange.operation(),
                streams(exchange),
                answer.status(),
                outcome));
    }
}
