package io.millrace.cli.terminal;

import io.millrace.runtime.Backoff;
import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.retries.api.AcquireInitialTokenRequest;
import software.amazon.awssdk.retries.api.AcquireInitialTokenResponse;
import software.amazon.awssdk.retries.api.RecordSuccessRequest;
import software.amazon.awssdk.retries.api.RecordSuccessResponse;
import software.amazon.awssdk.retries.api.RefreshRetryTokenRequest;
import software.amazon.awssdk.retries.api.RefreshRetryTokenResponse;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.retries.api.RetryToken;
import software.amazon.awssdk.retries.api.TokenAcquisitionFailedException;

/**
 * Which calls of a tool are sent again: those that meet a limit until a few minutes are over, because the service allows
 * all users of an account together only a few control plane calls a second; others as the SDK's standard has it. Says once
 * that it waits. Safe for any thread.
 */
final class PatientRetries implements RetryStrategy {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));

    private final RetryStrategy standard = AwsRetryStrategy.standardRetryStrategy();
    private final TimeLimits limits;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final Consumer<String> notes;
    private final AtomicBoolean told = new AtomicBoolean();

    /** Tells {@code notes} what the service says when it is waited for first. */
    PatientRetries(TimeLimits limits, Ticker ticker, RandomGenerator random, Consumer<String> notes) {
        this.limits = limits;
        this.ticker = ticker;
        this.random = random;
        this.notes = notes;
    }

    /**
     * How far a call is.
     *
     * @param standard the token of the SDK's standard strategy
     * @param since when the call began
     * @param refusals how often a limit was met
     * @param silences how often no answer came in time
     */
    private record Call(RetryToken standard, long since, int refusals, int silences) implements RetryToken {
        Call refused() {
            return new Call(standard, since, refusals + 1, silences);
        }

        Call unanswered() {
            return new Call(standard, since, refusals, silences + 1);
        }

        Call with(RetryToken token) {
            return new Call(token, since, refusals, silences);
        }
    }

    @Override
    public AcquireInitialTokenResponse acquireInitialToken(AcquireInitialTokenRequest request) {
        AcquireInitialTokenResponse response = standard.acquireInitialToken(request);
        return AcquireInitialTokenResponse.create(
                new Call(response.token(), ticker.nanoTime(), 0, 0), response.delay());
    }

    @Override
    public RefreshRetryTokenResponse refreshRetryToken(RefreshRetryTokenRequest request) {
        Call call = (Call) request.token();
        Throwable failure = request.failure();
        if (Refusal.isForNow(failure)) {
            return waitForTheLimit(call.refused(), request);
        }
        Call next = TimeLimits.isOver(failure) ? call.unanswered() : call;
        if (next.silences > 0
                && limits.attempt().multipliedBy(next.silences + 1L).compareTo(limits.call()) > 0) {
            throw new TokenAcquisitionFailedException("no answer came in time", next, failure);
        }
        try {
            RefreshRetryTokenResponse response = standard.refreshRetryToken(RefreshRetryTokenRequest.builder()
                    .token(next.standard)
                    .failure(failure)
                    .suggestedDelay(request.suggestedDelay().orElse(Duration.ZERO))
                    .build());
            return RefreshRetryTokenResponse.create(next.with(response.token()), response.delay());
        } catch (TokenAcquisitionFailedException enough) {
            throw new TokenAcquisitionFailedException(String.valueOf(enough.getMessage()), next, failure);
        }
    }

    private RefreshRetryTokenResponse waitForTheLimit(Call call, RefreshRetryTokenRequest request) {
        if (ticker.since(call.since).compareTo(limits.patience()) >= 0) {
            throw new TokenAcquisitionFailedException("the limit holds on", call, request.failure());
        }
        if (Refusal.unwrap(request.failure()) instanceof AwsServiceException refused
                && told.compareAndSet(false, true)) {
            notes.accept(Refusal.said(refused));
        }
        Duration delay = BACKOFF.delay(call.refusals, random);
        Duration asked = request.suggestedDelay().orElse(Duration.ZERO);
        return RefreshRetryTokenResponse.create(call, asked.compareTo(delay) > 0 ? asked : delay);
    }

    @Override
    public RecordSuccessResponse recordSuccess(RecordSuccessRequest request) {
        Call call = (Call) request.token();
        var unused = standard.recordSuccess(RecordSuccessRequest.create(call.standard));
        return RecordSuccessResponse.create(call);
    }

    @Override
    public int maxAttempts() {
        return standard.maxAttempts();
    }

    /** The client is not to add rules of its own. */
    @Override
    public boolean useClientDefaults() {
        return false;
    }

    @Override
    public Builder<?, ?> toBuilder() {
        throw new UnsupportedOperationException("made once for each client and not changed");
    }
}
