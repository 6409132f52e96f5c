package io.millrace.cli.terminal;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkServiceException;

/** How a call failed, as far as that decides whether it is worth another try. Stateless. */
public final class Refusal {
    /** The start of the SDK's message when no provider has credentials. */
    static final String NO_CREDENTIALS = "Unable to load credentials";

    private static final int INTERNAL_ERROR = 500;
    private static final Set<String> LIMITS =
            Set.of("LimitExceededException", "ProvisionedThroughputExceededException", "KMSThrottlingException");

    private Refusal() {}

    /**
     * True when the service did nothing because too much is asked of it at the moment: a rate, or a number of changes
     * that go on at once. A limit that stays until somebody raises it does not count.
     */
    static boolean isForNow(Throwable error) {
        if (!(unwrap(error) instanceof AwsServiceException refused)) {
            return false;
        }
        boolean isLimit = refused.isThrottlingException() || LIMITS.contains(code(refused));
        return isLimit && !message(refused).contains("would exceed the");
    }

    /** True when the same call may well succeed later: an outage, a failure within the service, or a limit. */
    public static boolean mayPass(Throwable error) {
        Throwable cause = unwrap(error);
        return isForNow(cause) || isAnswerLost(cause);
    }

    /** True when nobody knows whether the call took effect: no answer came, or the service failed on the way. */
    public static boolean isAnswerLost(Throwable error) {
        Throwable cause = unwrap(error);
        if (cause instanceof SdkServiceException refused) {
            return refused.statusCode() >= INTERNAL_ERROR;
        }
        return cause instanceof SdkClientException && !isOfOurOwn(cause);
    }

    /** What a service says of a failure, without the SDK's additions; its code where it says nothing. */
    static String said(AwsServiceException refused) {
        String message = message(refused);
        if (!message.isEmpty()) {
            return code(refused).isEmpty() ? message : message + " (" + code(refused) + ")";
        }
        return refused.statusCode() >= INTERNAL_ERROR || code(refused).startsWith("Internal")
                ? "the service failed within, its log says why; try again (" + code(refused) + ")"
                : "the service refused the call (" + code(refused) + ")";
    }

    static Throwable unwrap(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String code(AwsServiceException refused) {
        return details(refused).map(AwsErrorDetails::errorCode).orElse("");
    }

    private static String message(AwsServiceException refused) {
        Optional<AwsErrorDetails> details = details(refused);
        if (details.isEmpty()) {
            return String.valueOf(refused.getMessage());
        }
        String text = details.get().errorMessage();
        return text == null || text.equals("null") ? "" : text;
    }

    private static Optional<AwsErrorDetails> details(AwsServiceException refused) {
        return Optional.ofNullable(refused.awsErrorDetails());
    }

    /** Nothing was sent, and waiting changes nothing about that. */
    private static boolean isOfOurOwn(Throwable error) {
        for (@Nullable Throwable cause = error; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof SSLException || message.contains("PKIX path") || message.startsWith(NO_CREDENTIALS)) {
                return true;
            }
        }
        return false;
    }
}
