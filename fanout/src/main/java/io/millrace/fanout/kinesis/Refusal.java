package io.millrace.fanout.kinesis;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Why the service refused a call, as the SDK would throw it.
 *
 * @param code the service's name for it, such as {@code ExpiredIteratorException}
 * @param message the service's words
 */
record Refusal(String code, String message) {
    /** Errors that may end a stream of events and are the caller's to mend (SubscribeToShardEventStream, Kinesis API). */
    private static final Set<String> OF_EVENTS = Set.of(
            "ResourceNotFoundException",
            "ResourceInUseException",
            "AccessDeniedException",
            "InvalidArgumentException",
            "LimitExceededException",
            "KMSDisabledException",
            "KMSInvalidStateException",
            "KMSAccessDeniedException",
            "KMSNotFoundException",
            "KMSOptInRequired",
            "KMSThrottlingException");

    static Refusal of(HttpAnswer answer) {
        Map<String, String> texts = new HashMap<>();
        try {
            if (answer.isCbor()) {
                readCbor(answer.body(), texts);
            } else if (answer.isJson()) {
                readJson(new JsonReader(answer.body(), 0, answer.body().length), texts);
            }
        } catch (IllegalArgumentException unreadable) {
            texts.put("message", "an answer that cannot be read");
        }
        String header = answer.header("x-amzn-ErrorType");
        String type = header.isEmpty() ? texts.getOrDefault("__type", "") : header;
        String code = type.substring(type.indexOf('#') + 1).split(":", 2)[0];
        return new Refusal(
                code.isEmpty() ? "Http" + answer.head().statusCode() : code,
                texts.getOrDefault("message", "HTTP status " + answer.head().statusCode()));
    }

    /** Why the service ended a stream of events. */
    static Refusal of(EventFrames.Message exception) {
        Map<String, String> texts = new HashMap<>();
        try {
            readJson(exception.json(), texts);
        } catch (IllegalArgumentException unreadable) {
            texts.put("message", "an exception that cannot be read");
        }
        String type = exception.header(":exception-type");
        String code = type.isEmpty() ? exception.header(":error-code") : type;
        return new Refusal(
                code.isEmpty() ? "Unknown" : code, texts.getOrDefault("message", exception.header(":error-message")));
    }

    private static void readCbor(byte[] body, Map<String, String> texts) {
        CborReader in = new CborReader(body, List.of());
        in.map(name -> {
            if (isText(name)) {
                texts.put(name.toLowerCase(Locale.ROOT), in.text());
            } else {
                in.skip();
            }
        });
    }

    private static void readJson(JsonReader in, Map<String, String> texts) {
        in.beginObject();
        while (in.hasMember()) {
            String name = in.memberName();
            if (isText(name) && !in.isNull()) {
                texts.put(name.toLowerCase(Locale.ROOT), in.text());
            } else {
                in.skip();
            }
        }
    }

    private static boolean isText(String name) {
        return name.equals("__type") || name.equalsIgnoreCase("message");
    }

    /** The SDK's exception of what ended a stream of events. */
    KinesisException asException() {
        return asException(OF_EVENTS.contains(code) ? 400 : 500, "");
    }

    KinesisException asException(HttpAnswer answer) {
        return asException(answer.head().statusCode(), answer.header("x-amzn-RequestId"));
    }

    private KinesisException asException(int status, String requestId) {
        KinesisException.Builder exception = switch (code) {
            case "AccessDeniedException" -> AccessDeniedException.builder();
            case "ExpiredIteratorException" -> ExpiredIteratorException.builder();
            case "InvalidArgumentException" -> InvalidArgumentException.builder();
            case "KMSThrottlingException" -> KmsThrottlingException.builder();
            case "LimitExceededException" -> LimitExceededException.builder();
            case "ProvisionedThroughputExceededException" -> ProvisionedThroughputExceededException.builder();
            case "ResourceInUseException" -> ResourceInUseException.builder();
            case "ResourceNotFoundException" -> ResourceNotFoundException.builder();
            default -> KinesisException.builder();
        };
        exception.message(message);
        exception.statusCode(status);
        exception.requestId(requestId);
        exception.awsErrorDetails(AwsErrorDetails.builder()
                .errorCode(code)
                .errorMessage(message)
                .serviceName("Kinesis")
                .build());
        return (KinesisException) exception.build();
    }
}
