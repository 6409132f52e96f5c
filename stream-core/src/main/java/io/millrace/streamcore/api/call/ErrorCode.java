package io.millrace.streamcore.api.call;

import io.millrace.streamcore.stream.StreamException;

/** The errors of the API that this server answers, by the names the service gives them. */
public enum ErrorCode {
    /** The caller may not do this. */
    ACCESS_DENIED("AccessDeniedException", 400),
    /** All checks of a dry run succeeded: what it asks for would be done without the flag. */
    DRY_RUN("DryRunOperationException", 400),
    /** A shard iterator that is too old. */
    EXPIRED_ITERATOR("ExpiredIteratorException", 400),
    /** A page token that is too old. */
    EXPIRED_NEXT_TOKEN("ExpiredNextTokenException", 400),
    /** A signature that lacks parts. */
    INCOMPLETE_SIGNATURE("IncompleteSignatureException", 400),
    /** The server failed; the only error that is its own. */
    INTERNAL_FAILURE("InternalFailure", 500),
    /** An argument that a rule refuses. */
    INVALID_ARGUMENT("InvalidArgumentException", 400),
    /** A signature that does not fit the request. */
    INVALID_SIGNATURE("InvalidSignatureException", 400),
    /** More than the account may have, or too often. */
    LIMIT_EXCEEDED("LimitExceededException", 400),
    /** No signature at all. */
    MISSING_AUTHENTICATION_TOKEN("MissingAuthenticationTokenException", 400),
    /** More than a shard takes or gives now. */
    PROVISIONED_THROUGHPUT_EXCEEDED("ProvisionedThroughputExceededException", 400),
    /** Something that is not in the state for it. */
    RESOURCE_IN_USE("ResourceInUseException", 400),
    /** Something that does not exist. */
    RESOURCE_NOT_FOUND("ResourceNotFoundException", 400),
    /** A body that cannot be read. */
    SERIALIZATION("SerializationException", 400),
    /** Dry runs too often. */
    THROTTLING("ThrottlingException", 400),
    /** An access key that does not exist. */
    UNRECOGNIZED_CLIENT("UnrecognizedClientException", 400),
    /** An operation that does not exist. */
    UNKNOWN_OPERATION("UnknownOperationException", 400),
    /** A violation of the constraints of the model. */
    VALIDATION("ValidationException", 400);

    private final String type;
    private final int status;

    ErrorCode(String type, int status) {
        this.type = type;
        this.status = status;
    }

    /** The error that says what a rule of the streams refused. */
    public static ErrorCode of(StreamException.Kind kind) {
        return switch (kind) {
            case RESOURCE_NOT_FOUND -> RESOURCE_NOT_FOUND;
            case RESOURCE_IN_USE -> RESOURCE_IN_USE;
            case INVALID_ARGUMENT -> INVALID_ARGUMENT;
            case LIMIT_EXCEEDED -> LIMIT_EXCEEDED;
            case VALIDATION -> VALIDATION;
            case INTERNAL_FAILURE -> INTERNAL_FAILURE;
        };
    }

    /** The bare name that goes into {@code __type}. */
    public String type() {
        return type;
    }

    /** The HTTP status that goes with it. */
    public int status() {
        return status;
    }

    /** The key of the text: the service's type errors spell it differently from all others. */
    public String messageKey() {
        return this == SERIALIZATION ? "Message" : "message";
    }
}
