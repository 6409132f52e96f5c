package io.millrace.cli.terminal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;

/**
 * How long a tool waits for an answer: without a limit the SDK waits for minutes where something accepts connections and
 * says nothing.
 *
 * @param attempt the most that one request may take
 * @param call the most that a call may take whose requests are not answered
 * @param patience how long a call is repeated that meets a limit of the service
 */
public record TimeLimits(Duration attempt, Duration call, Duration patience) {
    /** What a request may take that carries megabytes of records, which a slow line needs time for. */
    public static final AwsRequestOverrideConfiguration MANY_RECORDS = AwsRequestOverrideConfiguration.builder()
            .apiCallAttemptTimeout(Duration.ofMinutes(1))
            .apiCallTimeout(Duration.ofMinutes(2))
            .build();

    /** What everything else may take: somebody sits and waits for it. */
    static final TimeLimits OF_TOOLS =
            new TimeLimits(Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofMinutes(2));

    /** Limits each call of a client; {@code retries} keeps to the other two. */
    void limit(ClientOverrideConfiguration.Builder client, PatientRetries retries) {
        client.apiCallAttemptTimeout(attempt).retryStrategy(retries);
    }

    /** True for an error that comes of such a limit. */
    public static boolean isOver(Throwable error) {
        for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof ApiCallTimeoutException || cause instanceof ApiCallAttemptTimeoutException) {
                return true;
            }
        }
        return false;
    }
}
