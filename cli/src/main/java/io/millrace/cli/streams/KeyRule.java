package io.millrace.cli.streams;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.model.Bytes;
import java.io.IOException;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Where a record's partition key comes from. */
@FunctionalInterface
public interface KeyRule {
    /** The longest partition key that the API takes, in characters. */
    int LONGEST = 256;

    /**
     * The partition key of a line.
     *
     * @throws CommandFailure if the line has none; the message says why
     */
    String keyOf(Bytes line);

    /** {@code random}, a column's number counted from 1, or the name of a field of the line, which is a JSON object. */
    static KeyRule parse(String text, RandomGenerator random) {
        if (text.equals("random")) {
            return line -> Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
        }
        if (text.matches("[0-9]{1,4}")) {
            int column = Integer.parseInt(text);
            if (column < 1) {
                throw CommandFailure.usage("--key: columns are counted from 1");
            }
            return line -> checked(column(line.toUtf8(), column));
        }
        return line -> checked(field(line, text));
    }

    private static String column(String line, int column) {
        String[] columns = line.strip().split("\\s+", -1);
        if (columns.length < column || columns[column - 1].isEmpty()) {
            throw CommandFailure.failed("there is no column " + column);
        }
        return columns[column - 1];
    }

    private static String field(Bytes line, String name) {
        try (JsonParser json = new JsonFactory().createParser(line.toByteArray())) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw CommandFailure.failed("it is no JSON object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean found = name.equals(json.currentName());
                JsonToken value = json.nextToken();
                if (found && value.isScalarValue() && value != JsonToken.VALUE_NULL) {
                    return json.getText();
                }
                json.skipChildren();
            }
        } catch (IOException e) {
            throw CommandFailure.failed("it is no JSON object", e);
        }
        throw CommandFailure.failed("it has no field '" + name + "' with a text, a number or a boolean");
    }

    private static String checked(String key) {
        if (key.isEmpty() || key.length() > LONGEST) {
            throw CommandFailure.failed(String.format(
                    Locale.ROOT, "its key has %d characters, and 1 to %d are allowed", key.length(), LONGEST));
        }
        return key;
    }
}
