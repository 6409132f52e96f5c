package io.millrace.producer;

import java.util.Set;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * How the service did not take records, as far as that decides what becomes of them.
 *
 * @param kind what is known and whether another try is worth it
 * @param cause what the SDK threw
 */
record Failure(Kind kind, Throwable cause) {
    private static final int SERVER_ERROR = 500;
    private static final int TOO_LARGE = 413;
    private static final Set<String> LIMITS =
            Set.of("LimitExceededException", "ProvisionedThroughputExceededException", "KMSThrottlingException");
    private static final Set<String> MALFORMED =
            Set.of("ValidationException", "InvalidArgumentException", "SerializationException");
    /** Credentials that are renewed, and clocks that are set. */
    private static final Set<String> PASSING = Set.of(
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "InvalidSignatureException",
            "ResourceInUseException");

    /** The kinds. */
    enum Kind {
        /** Nothing is stored, and later it may be: too much is asked for, or something is not ready. */
        FOR_NOW,
        /** No answer, or one that does not tell: the records may be stored. */
        UNKNOWN,
        /** At least one record of the request is not to the service's taste. */
        MALFORMED,
        /** It will not be taken later either. */
        FOR_GOOD
    }

    /** How a call failed. */
    static Failure of(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new Failure(kindOf(cause), cause);
    }

    /** How one record of an answered request was refused. */
    static Failure of(PutRecordsResultEntry entry) {
        AwsServiceException cause = KinesisException.builder()
                .message(entry.errorMessage() == null ? entry.errorCode() : entry.errorMessage())
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(entry.errorCode())
                        .errorMessage(entry.errorMessage())
                        .serviceName("Kinesis")
                        .build())
                .build();
        return new Failure(LIMITS.contains(entry.errorCode()) ? Kind.FOR_NOW : Kind.UNKNOWN, cause);
    }

    private static Kind kindOf(Throwable cause) {
        if (!(cause instanceof AwsServiceException refused)) {
            return cause instanceof SdkException ? Kind.UNKNOWN : Kind.FOR_GOOD;
        }
        AwsErrorDetails details = refused.awsErrorDetails();
        String code = details == null || details.errorCode() == null ? "" : details.errorCode();
        if (refused.isThrottlingException() || LIMITS.contains(code) || PASSING.contains(code)) {
            return Kind.FOR_NOW;
        }
        if (refused.statusCode() >= SERVER_ERROR) {
            return Kind.UNKNOWN;
        }
        return MALFORMED.contains(code) || refused.statusCode() == TOO_LARGE ? Kind.MALFORMED : Kind.FOR_GOOD;
    }
}
