package io.millrace.multilang.lambda;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.millrace.consumer.mapping.BatchAnswer;
import io.millrace.consumer.processor.ProcessingFailedException;
import io.millrace.model.SequenceNumber;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The meaning of what a handler returns, by AWS Lambda's rules. Pure functions. */
final class LambdaAnswer {
    /** A state becomes a part of an event as it is, so it is written in ASCII alone. */
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private LambdaAnswer() {}

    /**
     * Reads an answer.
     *
     * @param json any value: an answer that is no object, or has neither of the two members, says that all is processed
     * @param isReporting true if the mapping reports failures of single records; else what the answer says of them does not matter
     * @throws ProcessingFailedException if it is one that fails the whole batch: with an item that has no identifier, or an empty one,
     *     or one that is no sequence number
     */
    static BatchAnswer parse(String json, boolean isReporting) {
        List<SequenceNumber> failures = List.of();
        String state = null;
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return BatchAnswer.PROCESSED;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("batchItemFailures") && isReporting) {
                    failures = failures(parser, value);
                } else if (name.equals("state") && value != JsonToken.VALUE_NULL) {
                    state = copied(parser);
                } else {
                    parser.skipChildren();
                }
            }
        } catch (IOException notJson) {
            throw malformed("is no JSON");
        }
        return new BatchAnswer(failures, state);
    }

    private static List<SequenceNumber> failures(JsonParser parser, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NULL) {
            return List.of();
        }
        if (value != JsonToken.START_ARRAY) {
            throw malformed("has batchItemFailures that are no list");
        }
        List<SequenceNumber> failures = new ArrayList<>();
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            if (next != JsonToken.START_OBJECT) {
                throw malformed("has a batch item failure that is no object");
            }
            failures.add(failure(parser));
        }
        return failures;
    }

    private static SequenceNumber failure(JsonParser parser) throws IOException {
        String identifier = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("itemIdentifier") && value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                identifier = parser.getText();
            } else {
                parser.skipChildren();
            }
        }
        return number(identifier);
    }

    private static SequenceNumber number(@Nullable String identifier) {
        if (identifier == null || identifier.isEmpty()) {
            throw malformed("has a batch item failure without an itemIdentifier");
        }
        try {
            return SequenceNumber.parse(identifier);
        } catch (IllegalArgumentException none) {
            throw malformed("has an itemIdentifier that is no sequence number");
        }
    }

    private static String copied(JsonParser parser) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = JSON.createGenerator(text)) {
            copy.copyCurrentStructureExact(parser);
        }
        return text.toString();
    }

    private static ProcessingFailedException malformed(String what) {
        return new ProcessingFailedException("the function's answer " + what + ", which fails the whole batch", null);
    }
}
