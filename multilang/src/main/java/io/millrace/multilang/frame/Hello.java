package io.millrace.multilang.frame;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/**
 * The first line of a child over its socket.
 *
 * @param version the version of the frames that it speaks
 * @param token says who it is
 */
public record Hello(int version, String token) {
    /** The longest line that may be one, in bytes. */
    public static final int LONGEST = 1_024;

    private static final JsonFactory JSON = new JsonFactory();

    /** Checks the parts. */
    public Hello {
        requireNonNull(token, "token");
    }

    /** Reads {@code length} bytes of {@code line} from {@code from} on; empty if they are something else. */
    public static Optional<Hello> parse(byte[] line, int from, int length) {
        if (length > LONGEST) {
            return Optional.empty();
        }
        String action = "";
        String token = "";
        int version = 0;
        try (JsonParser json = JSON.createParser(line, from, length)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (value == JsonToken.VALUE_STRING && name.equals("action")) {
                    action = json.getText();
                } else if (value == JsonToken.VALUE_STRING && name.equals("token")) {
                    token = json.getText();
                } else if (value == JsonToken.VALUE_NUMBER_INT && name.equals("frames")) {
                    version = json.getIntValue();
                } else {
                    json.skipChildren();
                }
            }
            boolean isWhole = json.currentToken() == JsonToken.END_OBJECT;
            return isWhole && action.equals("hello") && version > 0
                    ? Optional.of(new Hello(version, token))
                    : Optional.empty();
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    /** Without the token, which is a secret. */
    @Override
    public String toString() {
        return "hello of version " + version;
    }
}
