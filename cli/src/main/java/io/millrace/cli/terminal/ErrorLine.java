package io.millrace.cli.terminal;

import io.millrace.consumer.WorkerException;
import io.millrace.dynamodblocal.DynamoDbLocalException;
import io.millrace.streamcore.StreamServerException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** Turns what went wrong into one line that says what to do. Stateless but for the endpoints it names. */
public final class ErrorLine {
    private final AwsAccess access;

    /** Names the endpoints that {@code access} leads to. */
    public ErrorLine(AwsAccess access) {
        this.access = access;
    }

    /** What the process ends with. */
    public static int exitCode(Throwable error) {
        return unwrap(error) instanceof CommandFailure failure ? failure.exitCode() : CommandFailure.FAILED;
    }

    /** The line. */
    public String of(Throwable error) {
        return explain(unwrap(error)).replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }

    private String explain(Throwable error) {
        Optional<String> unreachable = error instanceof CommandFailure ? Optional.empty() : unreachable(error);
        if (unreachable.isPresent()) {
            return unreachable.get();
        }
        if (error instanceof CommandFailure
                || error instanceof WorkerException
                || error instanceof CommandLine.ParameterException
                || error instanceof StreamServerException
                || error instanceof DynamoDbLocalException) {
            return message(error);
        }
        if (error instanceof ResourceNotFoundException notFound) {
            return serviceMessage(notFound) + " (`millrace stream list` shows which streams there are)";
        }
        if (error instanceof AwsServiceException refused) {
            return serviceMessage(refused);
        }
        if (error instanceof SdkException) {
            // Some of its messages are essays; the first sentence tells what it is about.
            String whole = message(error);
            if (whole.startsWith("Unable to load credentials")) {
                return "no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";
            }
            int end = whole.indexOf(". ");
            return end < 0 ? whole : whole.substring(0, end);
        }
        if (error instanceof IllegalArgumentException) {
            return message(error);
        }
        if (error instanceof IOException io) {
            return inputOutput(io);
        }
        return "unexpected error, -v shows where: " + error.getClass().getSimpleName() + ": " + message(error);
    }

    private static String inputOutput(IOException error) {
        if (error instanceof NoSuchFileException || error instanceof FileNotFoundException) {
            return "no such file: " + message(error);
        }
        if (error instanceof AccessDeniedException) {
            return "no permission: " + message(error);
        }
        return message(error);
    }

    private static String serviceMessage(AwsServiceException error) {
        if (error.awsErrorDetails() == null) {
            return message(error);
        }
        return error.awsErrorDetails().errorMessage() + " ("
                + error.awsErrorDetails().errorCode() + ")";
    }

    /** The endpoint whose address the error tells, with what to do about it. */
    private Optional<String> unreachable(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
                String reason = message(cause);
                return Optional.of(access.endpoints().entrySet().stream()
                        .filter(endpoint -> names(reason, endpoint.getValue()))
                        .findFirst()
                        .map(endpoint -> unreachable(endpoint.getKey(), endpoint.getValue(), reason))
                        .orElse("cannot connect: " + reason));
            }
        }
        return Optional.empty();
    }

    private static boolean names(String reason, String endpoint) {
        return reason.contains(
                endpoint.replaceFirst("^https?://", "").replaceFirst("/.*$", "").replace("localhost", ""));
    }

    static String unreachable(String service, String endpoint, String reason) {
        return "cannot reach " + service + " at " + endpoint + " (" + reason
                + "): start it with `millrace server`, or set AWS_ENDPOINT_URL_" + service.toUpperCase(Locale.ROOT)
                + " to where it is";
    }

    private static Throwable unwrap(Throwable error) {
        Throwable cause = error;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static String message(@Nullable Throwable error) {
        return error == null
                ? ""
                : error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    }
}
