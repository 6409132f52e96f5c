package io.millrace.fanout.kinesis;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.kinesis.model.AccessDeniedException;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.KmsThrottlingException;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;

/**
 * Why the service refused a call, as the SDK would throw it.
 *
 * @param code the service's name for it, such as {@code ExpiredIteratorException}
 * @param message the service's words
 */
record Refusal(String code, String message) {
    static Refusal of(HttpAnswer answer) {
        Map<String, String> texts = new HashMap<>();
        if (answer.isCbor()) {
            try {
                CborReader in = new CborReader(answer.body(), List.of());
                in.map(name -> {
                    if (name.equals("__type") || name.equalsIgnoreCase("message")) {
                        texts.put(name.toLowerCase(Locale.ROOT), in.text());
                    } else {
                        in.skip();
                    }
                });
            } catch (IllegalArgumentException unreadable) {
                texts.put("message", "an answer that cannot be read");
            }
        }
        String header = answer.header("x-amzn-ErrorType");
        String type = header.isEmpty() ? texts.getOrDefault("__type", "") : header;
        String code = type.substring(type.indexOf('#') + 1).split(":", 2)[0];
        return new Refusal(
                code.isEmpty() ? "Http" + answer.head().statusCode() : code,
                texts.getOrDefault("message", "HTTP status " + answer.head().statusCode()));
    }

    KinesisException asException(HttpAnswer answer) {
        KinesisException.Builder exception = switch (code) {
            case "AccessDeniedException" -> AccessDeniedException.builder();
            case "ExpiredIteratorException" -> ExpiredIteratorException.builder();
            case "InvalidArgumentException" -> InvalidArgumentException.builder();
            case "KMSThrottlingException" -> KmsThrottlingException.builder();
            case "LimitExceededException" -> LimitExceededException.builder();
            case "ProvisionedThroughputExceededException" -> ProvisionedThroughputExceededException.builder();
            case "ResourceNotFoundException" -> ResourceNotFoundException.builder();
            default -> KinesisException.builder();
        };
        exception.message(message);
        exception.statusCode(answer.head().statusCode());
        exception.requestId(answer.header("x-amzn-RequestId"));
        exception.awsErrorDetails(AwsErrorDetails.builder()
                .errorCode(code)
                .errorMessage(message)
                .serviceName("Kinesis")
                .build());
        return (KinesisException) exception.build();
    }
}
