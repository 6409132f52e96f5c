package io.millrace.fanout.kinesis;

import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttribute;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * Notes where the SDK sends a call that asks for it, so that its rules for endpoints (account, FIPS, dual stack) need not be
 * known here. Stateless.
 */
final class EndpointWatch implements ExecutionInterceptor {
    /** Where a call wants its endpoint noted. */
    static final ExecutionAttribute<AtomicReference<@Nullable URI>> SEEN =
            new ExecutionAttribute<>("millrace.direct.endpoint");

    /** The call is made for its endpoint alone: it ends with {@link NotSentException} instead of being sent. */
    static final ExecutionAttribute<Boolean> IS_REHEARSAL = new ExecutionAttribute<>("millrace.direct.rehearsal");

    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes attributes) {
        AtomicReference<@Nullable URI> seen = attributes.getAttribute(SEEN);
        if (seen != null) {
            seen.set(context.httpRequest().getUri());
        }
        if (attributes.getOptionalAttribute(IS_REHEARSAL).orElse(false)) {
            throw new NotSentException();
        }
    }

    /** Ends a call that was not meant to be sent. */
    static final class NotSentException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotSentException() {
            super("made for its endpoint alone", null, false, false);
        }
    }
}
