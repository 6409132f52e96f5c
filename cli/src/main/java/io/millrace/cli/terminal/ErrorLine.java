package io.millrace.cli.terminal;

import io.millrace.consumer.WorkerException;
import io.millrace.dynamodblocal.DynamoDbLocalException;
import io.millrace.lease.LeaseException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/** Turns what went wrong into one line that says what to do. Stateless but for the endpoints it names. */
public final class ErrorLine {
    private static final int HTTP_NOT_FOUND = 404;

    /** By its name: an installation without the server has no such class. */
    private static final String OF_THE_SERVER = "io.millrace.streamcore.StreamServerException";

    private static final String GIVEN = ", from the client given to the builder";

    private final AwsAccess access;

    /** Names the endpoints that {@code access} leads to. */
    public ErrorLine(AwsAccess access) {
        this.access = access;
    }

    /** What the process ends with. */
    public static int exitCode(Throwable error) {
        return Refusal.unwrap(error) instanceof CommandFailure failure ? failure.exitCode() : CommandFailure.FAILED;
    }

    /** The line. */
    public String of(Throwable error) {
        return explain(Refusal.unwrap(error)).replaceAll("\\s*[\\r\\n]+\\s*", " ");
    }

    private String explain(Throwable error) {
        if (error instanceof CommandFailure failure && failure.tellsCause() && failure.getCause() != null) {
            return message(failure) + ": " + of(failure.getCause());
        }
        Optional<String> unreachable = error instanceof CommandFailure ? Optional.empty() : unreachable(error);
        if (unreachable.isPresent()) {
            return unreachable.get();
        }
        Optional<String> silent = error instanceof CommandFailure ? Optional.empty() : silent(error);
        if (silent.isPresent()) {
            return silent.get();
        }
        Optional<String> stranger = error instanceof CommandFailure ? Optional.empty() : stranger(error);
        if (stranger.isPresent()) {
            return stranger.get();
        }
        if (error instanceof CommandLine.UnmatchedArgumentException unmatched) {
            return unknown(unmatched);
        }
        if (error instanceof CommandFailure
                || error instanceof WorkerException
                || error instanceof LeaseException
                || error instanceof CommandLine.ParameterException
                || error.getClass().getName().equals(OF_THE_SERVER)
                || error instanceof DynamoDbLocalException) {
            return withOrigins(message(error))
                    .replace("is not a double", "is not a number")
                    .replace("is not an int", "is not a whole number");
        }
        if (error instanceof ResourceNotFoundException notFound) {
            return Refusal.said(notFound) + " (`millrace stream list` shows which streams there are)";
        }
        if (error instanceof AwsServiceException refused) {
            return Refusal.said(refused);
        }
        if (error instanceof SdkException) {
            // Some of its messages are essays; the first sentence tells what it is about.
            String whole = message(error);
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

    private static String unknown(CommandLine.UnmatchedArgumentException error) {
        String first = error.getUnmatched().get(0);
        if (first.startsWith("-")) {
            return "there is no option " + first;
        }
        return error.getCommandLine().getSubcommands().isEmpty()
                ? "'" + first + "' is one argument too many"
                : "there is no command '" + first + "'";
    }

    /** Something listens at the endpoint, and says nothing. */
    private Optional<String> silent(Throwable error) {
        if (!TimeLimits.isOver(error)) {
            return Optional.empty();
        }
        Set<String> used = access.endpoints().keySet();
        boolean isTable = error instanceof LeaseException || !used.contains(AwsAccess.KINESIS);
        boolean isQueue = isTable && used.equals(Set.of(AwsAccess.SQS));
        return Optional.of(silent(isQueue ? AwsAccess.SQS : isTable ? AwsAccess.DYNAMODB : AwsAccess.KINESIS));
    }

    private String silent(String service) {
        String endpoint = access.endpoints().getOrDefault(service, "its endpoint");
        if (endpoint.startsWith("Amazon ")) {
            return endpoint + " does not answer in time: check the network and the region, or try again";
        }
        return service + " at " + endpoint + " (from " + access.origin(service)
                + ") takes connections but does not answer in time: start it again if it hangs, or set "
                + EndpointSetting.variable(service) + " to where it is";
    }

    /** A worker that was given its clients does not know where their endpoints were set. */
    private String withOrigins(String message) {
        return message.replace(
                        "Kinesis at " + access.endpoints().get(AwsAccess.KINESIS) + GIVEN,
                        access.place(AwsAccess.KINESIS))
                .replace(
                        "DynamoDB at " + access.endpoints().get(AwsAccess.DYNAMODB) + GIVEN,
                        access.place(AwsAccess.DYNAMODB));
    }

    /** Something may listen at the endpoint, but nobody who can be talked to as we are. */
    private Optional<String> stranger(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String reason = message(cause);
            if (cause instanceof SSLException || reason.contains("PKIX path")) {
                return Optional.of("the certificate of " + endpoints("https:")
                        + " is not trusted here: use an http:// endpoint (millrace server has both), or give Java a trust"
                        + " store with the certificate: MILLRACE_JAVA_OPTS=-Djavax.net.ssl.trustStore=FILE");
            }
            // Only Kinesis clients speak HTTP/2, and nothing else that listens answers it.
            if (reason.contains("First received frame was not SETTINGS")) {
                return Optional.of(stranger(AwsAccess.KINESIS));
            }
            if (cause instanceof SdkException && reason.startsWith(Refusal.NO_CREDENTIALS)) {
                return Optional.of(CredentialsTried.line(reason));
            }
            // DynamoDB refuses with 400 and a reason; a server that has never heard of it does not find it.
            if (cause instanceof DynamoDbException refused && refused.statusCode() == HTTP_NOT_FOUND) {
                return Optional.of(stranger(AwsAccess.DYNAMODB));
            }
        }
        return Optional.empty();
    }

    private String stranger(String service) {
        return "what answers at " + access.endpoints().getOrDefault(service, "its endpoint") + " is no " + service
                + (service.equals(AwsAccess.KINESIS) ? " service" : "") + "; that endpoint comes from "
                + access.origin(service) + ": set " + EndpointSetting.variable(service) + " to where one is";
    }

    /** The endpoints that begin so, each with the service and where it was set. */
    private String endpoints(String start) {
        return access.endpoints().entrySet().stream()
                .filter(endpoint -> endpoint.getValue().startsWith(start))
                .map(endpoint -> endpoint.getKey() + " at " + endpoint.getValue() + " (from "
                        + access.origin(endpoint.getKey()) + ")")
                .sorted()
                .collect(Collectors.collectingAndThen(
                        Collectors.joining(" or of "), text -> text.isEmpty() ? "the service" : text));
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

    /** The endpoint whose address the error tells, with what to do about it. */
    private Optional<String> unreachable(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
                String reason = message(cause);
                return Optional.of(access.endpoints().entrySet().stream()
                        .filter(endpoint -> names(reason, endpoint.getValue()))
                        .findFirst()
                        .map(endpoint -> unreachable(
                                endpoint.getKey(), endpoint.getValue(), access.origin(endpoint.getKey()), reason))
                        .orElse("cannot connect to " + endpoints("") + ": " + reason));
            }
        }
        return Optional.empty();
    }

    private static boolean names(String reason, String endpoint) {
        return reason.contains(
                endpoint.replaceFirst("^https?://", "").replaceFirst("/.*$", "").replace("localhost", ""));
    }

    static String unreachable(String service, String endpoint, String origin, String reason) {
        return "cannot reach " + service + " at " + endpoint + " (from " + origin + "; " + reason
                + "): " + (service.equals(AwsAccess.SQS) ? "start it" : "start it with `millrace server`") + ", or set "
                + EndpointSetting.variable(service) + " to where it is";
    }

    private static String message(@Nullable Throwable error) {
        return error == null
                ? ""
                : error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    }
}
