package io.millrace.systemtests.clients;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/** One text for all JSON that means the same: members sorted, numbers without zeros at their end. Pure functions. */
final class CanonicalJson {
    private static final JsonFactory JSON = new JsonFactory();

    private CanonicalJson() {}

    /** The text of one value. */
    static String of(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            StringBuilder text = new StringBuilder();
            value(parser, text);
            return text.toString();
        } catch (IOException noJson) {
            throw new UncheckedIOException("no JSON: " + json, noJson);
        }
    }

    private static void value(JsonParser parser, StringBuilder text) throws IOException {
        JsonToken token = parser.currentToken();
        switch (token) {
            case START_OBJECT -> {
                Map<String, String> members = new TreeMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    StringBuilder value = new StringBuilder();
                    value(parser, value);
                    members.put(name, value.toString());
                }
                text.append(members);
            }
            case START_ARRAY -> {
                text.append('[');
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    value(parser, text);
                    text.append(';');
                }
                text.append(']');
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                text.append(
                        new BigDecimal(parser.getText()).stripTrailingZeros().toPlainString());
            case VALUE_STRING -> text.append('"').append(parser.getText()).append('"');
            default -> text.append(parser.getText());
        }
    }
}
