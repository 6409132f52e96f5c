package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Ends a request with an error of the API. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    ApiException(ErrorCode code, @Nullable String message) {
        super(message, null, false, false);
        this.code = requireNonNull(code, "code");
    }

    static ApiException invalidArgument(String message) {
        return new ApiException(ErrorCode.INVALID_ARGUMENT, message);
    }

    static ApiException validation(String message) {
        return new ApiException(ErrorCode.VALIDATION, message);
    }

    static ApiException notFound(String message) {
        return new ApiException(ErrorCode.RESOURCE_NOT_FOUND, message);
    }

    ErrorCode code() {
        return code;
    }

    Optional<String> text() {
        return Optional.ofNullable(getMessage());
    }
}
