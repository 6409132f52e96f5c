package io.millrace.cli.terminal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON object whose members keep the order they were put in. Not safe for several threads. */
public final class JsonObject {
    private static final JsonFactory JSON = new JsonFactory();

    private final Map<String, @Nullable Object> members = new LinkedHashMap<>();

    /**
     * Adds a member: null, a number, a boolean, a {@code JsonObject}, a collection of those, or anything else as the text
     * it prints as.
     */
    public JsonObject put(String name, @Nullable Object value) {
        members.put(name, value);
        return this;
    }

    /** The object on one line. */
    @Override
    public String toString() {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(text)) {
            write(generator, this);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void write(JsonGenerator to, @Nullable Object value) throws IOException {
        if (value == null) {
            to.writeNull();
        } else if (value instanceof JsonObject object) {
            to.writeStartObject();
            for (Map.Entry<String, @Nullable Object> member : object.members.entrySet()) {
                to.writeFieldName(member.getKey());
                write(to, member.getValue());
            }
            to.writeEndObject();
        } else if (value instanceof Collection<?> items) {
            to.writeStartArray();
            for (Object item : items) {
                write(to, item);
            }
            to.writeEndArray();
        } else if (value instanceof Boolean flag) {
            to.writeBoolean(flag);
        } else if (value instanceof Number number) {
            to.writeNumber(number.toString());
        } else {
            to.writeString(value.toString());
        }
    }
}
