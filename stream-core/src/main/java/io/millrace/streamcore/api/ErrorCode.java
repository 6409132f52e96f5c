package io.millrace.streamcore.api;

import io.millrace.streamcore.stream.StreamException;

/** The errors of the API that this server answers, by the names the service gives them. */
enum ErrorCode {
    ACCESS_DENIED("AccessDeniedException", 403),
    EXPIRED_ITERATOR("ExpiredIteratorException", 400),
    EXPIRED_NEXT_TOKEN("ExpiredNextTokenException", 400),
    INCOMPLETE_SIGNATURE("IncompleteSignatureException", 400),
    INTERNAL_FAILURE("InternalFailure", 500),
    INVALID_ARGUMENT("InvalidArgumentException", 400),
    INVALID_SIGNATURE("InvalidSignatureException", 400),
    LIMIT_EXCEEDED("LimitExceededException", 400),
    MISSING_AUTHENTICATION_TOKEN("MissingAuthenticationTokenException", 400),
    RESOURCE_IN_USE("ResourceInUseException", 400),
    RESOURCE_NOT_FOUND("ResourceNotFoundException", 400),
    SERIALIZATION("SerializationException", 400),
    UNKNOWN_OPERATION("UnknownOperationException", 400),
    VALIDATION("ValidationException", 400);

    private final String type;
    private final int status;

    ErrorCode(String type, int status) {
        this.type = type;
        this.status = status;
    }

    static ErrorCode of(StreamException.Kind kind) {
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
    String type() {
        return type;
    }

    int status() {
        return status;
    }

    /** The key of the text: the service's type errors spell it differently from all others. */
    String messageKey() {
        return this == SERIALIZATION ? "Message" : "message";
    }
}
