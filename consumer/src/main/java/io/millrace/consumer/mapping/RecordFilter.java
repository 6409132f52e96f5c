package io.millrace.consumer.mapping;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.millrace.consumer.letters.AsciiJson;
import io.millrace.model.StreamRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.RuleCompiler;

/**
 * The filter criteria of AWS Lambda: a record is taken that matches any of some patterns, which AWS's own library evaluates. A pattern
 * sees the record's {@code data}, which must be JSON if it speaks of it, and {@code partitionKey}, {@code sequenceNumber},
 * {@code approximateArrivalTimestamp} and {@code kinesisSchemaVersion}. Needs {@code software.amazon.event.ruler:event-ruler} on the
 * class path. Immutable; safe for any thread.
 */
public final class RecordFilter implements Predicate<StreamRecord> {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MOST_PATTERNS = 10;
    private static final int LONGEST_PATTERN = 4_096;

    /** The patterns that speak of the data. */
    private final Machine ofData = Machine.builder().build();

    /** The others, which take records whatever their data are. */
    private final Machine ofMetadata = Machine.builder().build();

    private RecordFilter() {}

    /**
     * A filter of these patterns, at most 10 of at most 4,096 characters.
     *
     * @throws IllegalArgumentException with a line for the user if one of them is refused
     */
    public static RecordFilter of(List<String> patterns) {
        if (patterns.isEmpty() || patterns.size() > MOST_PATTERNS) {
            throw new IllegalArgumentException(
                    "FilterCriteria has 1 to " + MOST_PATTERNS + " patterns, not " + patterns.size());
        }
        RecordFilter filter = new RecordFilter();
        for (int i = 0; i < patterns.size(); i++) {
            filter.add("filter " + (i + 1), patterns.get(i));
        }
        return filter;
    }

    private void add(String name, String pattern) {
        if (pattern.length() > LONGEST_PATTERN) {
            throw new IllegalArgumentException("the pattern of " + name + " has " + pattern.length()
                    + " characters, and " + LONGEST_PATTERN + " are the most");
        }
        String complaint = RuleCompiler.check(pattern);
        if (complaint != null) {
            throw refused(name, complaint);
        }
        try {
            (speaksOfData(pattern) ? ofData : ofMetadata).addRule(name, pattern);
        } catch (IOException wrong) {
            throw refused(name, String.valueOf(wrong.getMessage()));
        }
    }

    private static IllegalArgumentException refused(String name, String complaint) {
        return new IllegalArgumentException(
                "the pattern of " + name + " is refused: " + complaint.strip().replaceAll("\\s+", " "));
    }

    private static boolean speaksOfData(String pattern) throws IOException {
        try (JsonParser parser = JSON.createParser(pattern)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME && parser.currentName().equals("data")) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * True if a pattern matches.
     *
     * @throws IllegalStateException if the library fails, or the data are deeper or have longer numbers than it reads. A worker hands
     *     such a record out
     */
    @Override
    public boolean test(StreamRecord record) {
        String metadata = metadata(record);
        try {
            if (!ofMetadata.isEmpty()
                    && !ofMetadata.rulesForJSONEvent(metadata + "}").isEmpty()) {
                return true;
            }
            String data = ofData.isEmpty() ? null : json(record);
            return data != null
                    && !ofData.rulesForJSONEvent(metadata + ",\"data\":" + data + "}")
                            .isEmpty();
        } catch (Exception failure) {
            // To say no would leave the record out, and nobody would know why.
            throw new IllegalStateException("the library of filters fails at a record", failure);
        }
    }

    private static String metadata(StreamRecord record) {
        StringBuilder json = new StringBuilder(300).append("{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":");
        AsciiJson.string(json, record.partitionKey());
        json.append(",\"sequenceNumber\":\"").append(record.sequenceNumber());
        json.append("\",\"approximateArrivalTimestamp\":");
        KinesisEvent.seconds(json, record.arrival().toEpochMilli());
        return json.toString();
    }

    /** The data, if they are one value of JSON and nothing else. */
    private static @Nullable String json(StreamRecord record) throws IOException {
        byte[] data = record.data().toByteArray();
        try (JsonParser parser = JSON.createParser(data)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                return null;
            }
            parser.skipChildren();
            return parser.nextToken() == null ? new String(data, StandardCharsets.UTF_8) : null;
        } catch (StreamConstraintsException tooMuch) {
            // They may be JSON, and nobody can say whether they match.
            throw tooMuch;
        } catch (IOException noJson) {
            return null;
        }
    }
}
