package io.millrace.streamcore.api.shape;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.model.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one body as the values of a structure, in one pass and without a tree in between: the parser's tokens go straight
 * into the slots. Belongs to the thread that reads; made for one body.
 *
 * <p>A value of the wrong type does not end the reading, because a body that is malformed further on is the worse
 * mistake: the first wrong type is reported once the whole body turned out to be well-formed.
 */
public final class BodyReader {
    private final Encoding encoding;
    private final ByteBuffer body;
    private final JsonParser parser;
    private @Nullable BodyException firstMistyped;

    private BodyReader(Encoding encoding, ByteBuffer body, JsonParser parser) {
        this.encoding = encoding;
        this.body = body;
        this.parser = parser;
    }

    /**
     * Reads all of {@code body}.
     *
     * @param body what remains in it is read; must have an array; its position does not move
     * @throws BodyException if the body is malformed or a value has the wrong type
     */
    public static Values read(Encoding encoding, ByteBuffer body, Shape.Structure structure) throws BodyException {
        if (!encoding.hasWellFormedTexts(body)) {
            throw BodyException.malformed();
        }
        try (JsonParser parser = encoding.parser(body)) {
            return new BodyReader(encoding, body, parser).readAll(structure);
        } catch (IOException | RuntimeException malformed) {
            // The parsers promise IOException only, yet odd bytes have made them throw others; either way the body is
            // what is wrong.
            throw BodyException.malformed();
        }
    }

    private Values readAll(Shape.Structure structure) throws IOException, BodyException {
        JsonToken first = parser.nextToken();
        Values values = new Values(structure);
        if (first == JsonToken.START_OBJECT) {
            readMembers(values);
        } else if (first == JsonToken.START_ARRAY) {
            mistyped("Start of list found where not expected");
            parser.skipChildren();
        } else {
            throw BodyException.malformed();
        }
        if (parser.nextToken() != null) {
            throw BodyException.malformed();
        }
        if (firstMistyped != null) {
            throw firstMistyped;
        }
        return values;
    }

    private void readMembers(Values values) throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            int index = values.structure().indexOf(name);
            if (index < 0) {
                parser.skipChildren();
            } else {
                values.fill(
                        index,
                        readValue(token, values.structure().members().get(index).shape()));
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw new IOException("the map does not end");
        }
    }

    private @Nullable Object readValue(JsonToken token, Shape shape) throws IOException {
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        return switch (shape.kind()) {
            case TEXT -> readText(token);
            case WHOLE -> readWhole(token);
            case FLAG -> readFlag(token);
            case BLOB -> readBlob(token);
            case TIME -> readTime(token);
            case LIST -> readList(token, (Shape.ListOf) shape);
            case MAP -> readMap(token, (Shape.MapOf) shape);
            case STRUCTURE -> readStructure(token, (Shape.Structure) shape);
        };
    }

    private @Nullable Object readText(JsonToken token) throws IOException {
        return token == JsonToken.VALUE_STRING ? whole(parser.getText()) : refuse(token, "an String");
    }

    /**
     * The text itself, if it is Unicode. JSON can spell half a surrogate pair, and both parsers let one pass that was
     * encoded as if it were a character; it has no UTF-8, so keeping it would change a key, a tag or a name.
     */
    private static String whole(String text) throws IOException {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                // The second of a pair is passed over, so what is met here must begin one.
                if (at + 1 == text.length() || !Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1))) {
                    throw new IOException("half a surrogate pair");
                }
                at++;
            }
        }
        return text;
    }

    private @Nullable Object readWhole(JsonToken token) throws IOException {
        if (!token.isNumeric()) {
            return refuse(token, "an Integer");
        }
        // A double holds every int exactly; what it cannot hold exactly is beyond an int and clamped by the cast.
        return (int) Math.floor(parser.getDoubleValue());
    }

    private @Nullable Object readFlag(JsonToken token) throws IOException {
        return token.isBoolean() ? Boolean.valueOf(token == JsonToken.VALUE_TRUE) : refuse(token, "an Boolean");
    }

    private @Nullable Object readTime(JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT && encoding == Encoding.CBOR) {
            return Instant.ofEpochMilli(parser.getLongValue());
        }
        if (token.isNumeric()) {
            return Instant.ofEpochMilli(Math.round(parser.getDoubleValue() * 1000));
        }
        return refuse(token, "milliseconds since epoch");
    }

    private @Nullable Object readBlob(JsonToken token) throws IOException {
        if (encoding == Encoding.CBOR && token == JsonToken.VALUE_EMBEDDED_OBJECT) {
            return readByteString();
        }
        if (encoding == Encoding.JSON && token == JsonToken.VALUE_STRING) {
            try {
                return Base64Text.decode(base64());
            } catch (BodyException notBase64) {
                mistyped(notBase64);
                return null;
            }
        }
        return refuse(token, "a Blob");
    }

    /** The bytes of the current string within the body itself, or a copy of them if it has escapes. */
    private ByteBuffer base64() throws IOException {
        ByteBuffer raw = fromToken();
        if (raw.hasRemaining() && raw.get() == '"') {
            int start = raw.position();
            while (raw.hasRemaining()) {
                byte next = raw.get();
                if (next == '"') {
                    // The parser passes over the string when it is asked for the next token.
                    int end = raw.position() - 1;
                    return raw.position(start).limit(end);
                }
                if (next == '\\') {
                    break;
                }
            }
        }
        return ByteBuffer.wrap(Bytes.utf8(parser.getText()).toByteArray());
    }

    /** Copies the byte string out of the body once; the parser's own way copies large ones twice. */
    private Bytes readByteString() throws IOException {
        ByteBuffer raw = fromToken();
        int head = raw.hasRemaining() ? raw.get() & 0xff : 0;
        long length = -1;
        if (head >= 0x40 && head <= 0x57) {
            length = head - 0x40L;
        } else if (head == 0x58 && raw.remaining() >= 1) {
            length = raw.get() & 0xff;
        } else if (head == 0x59 && raw.remaining() >= 2) {
            length = raw.getShort() & 0xffff;
        } else if (head == 0x5a && raw.remaining() >= 4) {
            length = raw.getInt() & 0xffffffffL;
        }
        if (length < 0 || length > raw.remaining()) {
            // Sent in pieces, tagged, or cut off: rare enough for the parser's own way.
            return Bytes.wrap(parser.getBinaryValue());
        }
        return Bytes.copyOf(raw.limit(raw.position() + (int) length));
    }

    private ByteBuffer fromToken() {
        int offset = (int) parser.currentTokenLocation().getByteOffset();
        ByteBuffer raw = body.duplicate();
        return raw.position(Math.min(body.position() + offset, body.limit()));
    }

    private @Nullable Object readList(JsonToken token, Shape.ListOf shape) throws IOException {
        if (token != JsonToken.START_ARRAY) {
            return refuseWith(
                    token,
                    token == JsonToken.START_OBJECT
                            ? "Start of structure or map found where not expected."
                            : "Expected list or null");
        }
        List<Object> elements = new ArrayList<>();
        for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
            if (next == null) {
                throw new IOException("the list does not end");
            }
            Object element = readValue(next, shape.element());
            if (element != null) {
                elements.add(element);
            }
        }
        return elements;
    }

    private @Nullable Object readMap(JsonToken token, Shape.MapOf shape) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            return refuseWith(
                    token,
                    token == JsonToken.START_ARRAY ? "Start of list found where not expected" : "Expected map or null");
        }
        Map<String, String> entries = new LinkedHashMap<>();
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            if (readValue(parser.nextToken(), shape.value()) instanceof String value) {
                entries.put(whole(key), value);
            }
        }
        return entries;
    }

    private @Nullable Object readStructure(JsonToken token, Shape.Structure shape) throws IOException {
        if (token == JsonToken.START_OBJECT) {
            Values values = new Values(shape);
            readMembers(values);
            return values;
        }
        return refuseWith(
                token, token == JsonToken.START_ARRAY ? "Start of list found where not expected" : "Expected null");
    }

    /** Notes that a value of the token's type stands where {@code wanted} should, and skips it. */
    private @Nullable Object refuse(JsonToken token, String wanted) throws IOException {
        String text = switch (token) {
            case START_ARRAY -> "Start of list found where not expected";
            case START_OBJECT -> "Start of structure or map found where not expected.";
            case VALUE_TRUE, VALUE_FALSE -> "class java.lang.Boolean can not be converted to " + wanted;
            case VALUE_STRING -> "class java.lang.String can not be converted to " + wanted;
            case VALUE_EMBEDDED_OBJECT -> "class java.nio.HeapByteBuffer can not be converted to " + wanted;
            default ->
                "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to " + wanted;
        };
        return refuseWith(token, text);
    }

    private @Nullable Object refuseWith(JsonToken token, String text) throws IOException {
        if (token.isStructStart()) {
            parser.skipChildren();
        } else {
            parser.finishToken();
        }
        mistyped(text);
        return null;
    }

    private void mistyped(String text) {
        mistyped(BodyException.mistyped(text));
    }

    private void mistyped(BodyException error) {
        if (firstMistyped == null) {
            firstMistyped = error;
        }
    }
}
