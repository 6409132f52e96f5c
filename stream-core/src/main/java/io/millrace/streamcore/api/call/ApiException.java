package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Ends a request with an error of the API. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    /** An error of this code, with a text where the service has one. */
    public ApiException(ErrorCode code, @Nullable String message) {
        super(message, null, false, false);
        this.code = requireNonNull(code, "code");
    }

    /** An argument that a rule refuses. */
    public static ApiException invalidArgument(String message) {
        return new ApiException(ErrorCode.INVALID_ARGUMENT, message);
    }

    /** A violation of the constraints of the model. */
    public static ApiException validation(String message) {
        return new ApiException(ErrorCode.VALIDATION, message);
    }

    /** Something that does not exist. */
    public static ApiException notFound(String message) {
        return new ApiException(ErrorCode.RESOURCE_NOT_FOUND, message);
    }

    /** A failure of the server itself that nothing more is known of. */
    public static ApiException internalFailure() {
        return new ApiException(ErrorCode.INTERNAL_FAILURE, "The server failed; try again.");
    }

    /** Which error it is. */
    public ErrorCode code() {
        return code;
    }

    /** What the answer says about it. */
    public Optional<String> text() {
        return Optional.ofNullable(getMessage());
    }
}
