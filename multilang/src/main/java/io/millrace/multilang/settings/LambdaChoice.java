package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.consumer.mapping.RecordFilter;
import io.millrace.model.Position;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A function in the manner of AWS Lambda, and the options of its event source mapping, by Lambda's names, ranges and defaults.
 *
 * @param handler as Lambda names it, such as {@code app.lambda_handler}
 * @param code the folder of its code, in which it also runs
 * @param functionName what the function is called
 * @param timeout how long an invocation may take
 * @param memoryMegabytes what the function is told of its memory
 * @param mapping the options, without the destination
 * @param onFailureOrNull the destination of what is given up
 */
public record LambdaChoice(
        String handler,
        Path code,
        String functionName,
        Duration timeout,
        int memoryMegabytes,
        EventSourceMapping mapping,
        @Nullable FailureDestination onFailureOrNull) {
    private static final String HANDLER = "handler";
    private static final String BATCH_SIZE = "BatchSize";
    private static final String BATCHING_WINDOW = "MaximumBatchingWindowInSeconds";
    private static final String PARALLEL = "ParallelizationFactor";
    private static final String BISECT = "BisectBatchOnFunctionError";
    private static final String RETRIES = "MaximumRetryAttempts";
    private static final String AGE = "MaximumRecordAgeInSeconds";
    private static final String RESPONSES = "FunctionResponseTypes";
    private static final String FILTERS = "FilterCriteria";
    private static final String ON_FAILURE = "OnFailure";
    private static final String TUMBLING = "TumblingWindowInSeconds";
    private static final String POSITION = "StartingPosition";
    private static final String POSITION_TIME = "StartingPositionTimestamp";
    private static final String NAME = "FunctionName";
    private static final String CODE = "CodeUri";
    private static final String TIMEOUT = "Timeout";
    private static final String MEMORY = "MemorySize";

    /** The settings of a function; each needs {@link #HANDLER}. */
    private static final List<String> OF_FUNCTIONS = List.of(
            BATCH_SIZE,
            BATCHING_WINDOW,
            PARALLEL,
            BISECT,
            RETRIES,
            AGE,
            RESPONSES,
            FILTERS,
            ON_FAILURE,
            TUMBLING,
            POSITION,
            POSITION_TIME,
            NAME,
            CODE,
            TIMEOUT,
            MEMORY);

    /** Settings of other children, and those of a function that take their place. */
    private static final List<List<String>> OF_OTHERS = List.of(
            List.of("maxRecords", BATCH_SIZE),
            List.of("timeoutInSeconds", TIMEOUT),
            List.of("callProcessRecordsEvenForEmptyRecordList", TUMBLING),
            List.of("failureAction", ON_FAILURE),
            List.of("failureTries", RETRIES),
            List.of("failureTimeInSeconds", RETRIES),
            List.of("failureRecordAgeInSeconds", AGE),
            List.of("failureIsolate", BISECT),
            List.of("failureDestination", ON_FAILURE));

    private static final JsonFactory JSON = new JsonFactory();

    /** Checks the parts. */
    public LambdaChoice {
        requireNonNull(handler, "handler");
        requireNonNull(code, "code");
        requireNonNull(functionName, "functionName");
        requireNonNull(timeout, "timeout");
        requireNonNull(mapping, "mapping");
    }

    /** The function, if there is one. */
    static @Nullable LambdaChoice of(Values values) {
        Optional<String> handler = values.text(HANDLER);
        if (handler.isEmpty()) {
            for (String key : OF_FUNCTIONS) {
                if (values.has(key)) {
                    throw values.wrong(
                            key, "is about a Lambda function: name it as handler = module.function, or leave it out");
                }
            }
            return null;
        }
        for (List<String> pair : OF_OTHERS) {
            if (values.has(pair.get(0))) {
                throw values.wrong(pair.get(0), "has no use with a Lambda handler; give " + pair.get(1) + " instead");
            }
        }
        String application = values.text("applicationName").orElse("function");
        return new LambdaChoice(
                handler.get(),
                Path.of(values.text(CODE).orElse("")).toAbsolutePath().normalize(),
                values.text(NAME).orElse(application.replaceAll("[^A-Za-z0-9_-]", "-")),
                values.seconds(TIMEOUT).orElse(Duration.ofSeconds(3)),
                values.whole(MEMORY).orElse(128),
                mapping(values),
                values.destination(ON_FAILURE).orElse(null));
    }

    private static EventSourceMapping mapping(Values values) {
        long age = values.text(AGE).map(Long::parseLong).orElse(-1L);
        if (age != -1 && age < 60) {
            throw values.wrong(AGE, "is -1, or 60 to 604800, not " + age);
        }
        int tumbling = values.whole(TUMBLING).orElse(0);
        try {
            return new EventSourceMapping(
                    values.whole(BATCH_SIZE).orElse(100),
                    values.seconds(BATCHING_WINDOW).orElse(Duration.ZERO),
                    values.whole(PARALLEL).orElse(1),
                    values.flag(BISECT).orElse(false),
                    values.whole(RETRIES).orElse(-1),
                    age == -1 ? null : Duration.ofSeconds(age),
                    values.has(RESPONSES),
                    tumbling == 0 ? null : Duration.ofSeconds(tumbling),
                    values.has(FILTERS) ? filter(values) : null,
                    null);
        } catch (IllegalArgumentException contradiction) {
            throw new SettingsException(String.valueOf(contradiction.getMessage()));
        }
    }

    private static RecordFilter filter(Values values) {
        try {
            return RecordFilter.of(patterns(values.text(FILTERS).orElseThrow()));
        } catch (IOException noJson) {
            throw values.wrong(FILTERS, "is no JSON such as {\"Filters\":[{\"Pattern\":\"...\"}]}");
        } catch (IllegalArgumentException refused) {
            throw values.wrong(FILTERS, "cannot be used: " + refused.getMessage());
        }
    }

    /** The patterns of {@code {"Filters":[{"Pattern":"..."}]}}; they may stand there as objects, without escapes. */
    private static List<String> patterns(String text) throws IOException {
        List<String> patterns = new ArrayList<>();
        try (JsonParser json = JSON.createParser(text)) {
            require(json.nextToken() == JsonToken.START_OBJECT);
            require("Filters".equals(json.nextFieldName()) && json.nextToken() == JsonToken.START_ARRAY);
            while (json.nextToken() == JsonToken.START_OBJECT) {
                require("Pattern".equals(json.nextFieldName()));
                JsonToken pattern = json.nextToken();
                require(pattern == JsonToken.VALUE_STRING || pattern == JsonToken.START_OBJECT);
                patterns.add(pattern == JsonToken.VALUE_STRING ? json.getText() : copied(json));
                require(json.nextToken() == JsonToken.END_OBJECT);
            }
            require(json.currentToken() == JsonToken.END_ARRAY && json.nextToken() == JsonToken.END_OBJECT);
            require(json.nextToken() == null);
        }
        return patterns;
    }

    private static String copied(JsonParser json) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = JSON.createGenerator(text)) {
            copy.copyCurrentStructureExact(json);
        }
        return text.toString();
    }

    private static void require(boolean isRight) throws IOException {
        if (!isRight) {
            throw new IOException("not of this form");
        }
    }

    /** The function's first position on a stream that it never read; absent if Lambda's options do not say it. */
    static Position.@Nullable Initial from(Values values) {
        Optional<String> name = values.text(POSITION).map(text -> text.toUpperCase(Locale.ROOT));
        Optional<String> time = values.text(POSITION_TIME);
        boolean isTime = name.isPresent() && name.get().equals("AT_TIMESTAMP");
        for (String other : List.of("initialPositionInStream", "initialPositionInStreamExtended")) {
            if (name.isPresent() && values.has(other)) {
                throw values.wrong(other, "contradicts " + POSITION + "; leave one of them");
            }
        }
        if (isTime != time.isPresent()) {
            throw values.wrong(
                    isTime ? POSITION : POSITION_TIME,
                    isTime
                            ? "needs a time: give " + POSITION_TIME + ", in seconds since 1970"
                            : "needs " + POSITION + " = AT_TIMESTAMP");
        }
        if (isTime) {
            long millis = new BigDecimal(time.get()).movePointRight(3).longValue();
            return new Position.AtTimestamp(Instant.ofEpochMilli(millis));
        }
        return name.map(place -> place.equals("LATEST") ? Position.latest() : Position.trimHorizon())
                .orElse(null);
    }
}
