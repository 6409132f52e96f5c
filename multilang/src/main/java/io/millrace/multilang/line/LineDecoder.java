package io.millrace.multilang.line;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines of a child, and bears what Amazon's daemon bears: keys in any order, numbers for strings and back, text after the
 * object, and lines that are no messages at all. Beyond that it bears keys that it does not know. Stateless; safe for any thread.
 */
public final class LineDecoder {
    private static final JsonFactory JSON = new JsonFactory();

    private static final FromChild BLANK = new FromChild.Noise("it is blank");
    private static final FromChild NOT_JSON = new FromChild.Noise("it is no JSON object");
    private static final FromChild NO_ACTION = new FromChild.Noise("it is JSON without a known action");
    private static final FromChild WRONG_KIND = new FromChild.Noise("one of its values is of the wrong kind");

    private static final int LONGEST_ERROR = 200;
    private static final int LONGEST_TRACE = 2_000;
    private static final Pattern UNPRINTABLE = Pattern.compile("[^\\P{C}]");

    private LineDecoder() {}

    /** Reads {@code length} bytes of {@code line} from {@code from} on; a line's end among them does no harm. */
    public static FromChild decode(byte[] line, int from, int length) {
        if (isBlank(line, from, length)) {
            return BLANK;
        }
        try (JsonParser json = JSON.createParser(line, from, length)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return NOT_JSON;
            }
            return new Fields().read(json);
        } catch (IOException notJson) {
            // Bytes that look like another encoding of Unicode than UTF-8 are refused with an exception of their own.
            return NOT_JSON;
        }
    }

    private static boolean isBlank(byte[] line, int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n') {
                return false;
            }
        }
        return true;
    }

    /** The values of one object; of a key that comes twice the last one counts. */
    private static final class Fields {
        private @Nullable String action;
        private @Nullable String responseFor;
        private @Nullable String sequenceNumber;
        private @Nullable String subSequenceNumber;
        private boolean processed;
        private @Nullable String error;
        private @Nullable String trace;
        private @Nullable String answer;
        private boolean isWrong;

        FromChild read(JsonParser json) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken token = json.nextToken();
                switch (name) {
                    case "action" -> action = scalar(json, token);
                    case "responseFor" -> responseFor = scalar(json, token);
                    case "sequenceNumber" -> sequenceNumber = scalar(json, token);
                    case "subSequenceNumber" -> subSequenceNumber = scalar(json, token);
                    case "processed" -> processed = token == JsonToken.VALUE_TRUE;
                    case "error" -> error = told(json, token, LONGEST_ERROR);
                    case "answer" -> answer = copied(json);
                    case "trace" -> trace = told(json, token, LONGEST_TRACE);
                    default -> json.skipChildren();
                }
            }
            if (json.currentToken() != JsonToken.END_OBJECT) {
                return NOT_JSON;
            }
            return message();
        }

        private @Nullable String scalar(JsonParser json, JsonToken token) throws IOException {
            if (token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (token.isStructStart()) {
                json.skipChildren();
                isWrong = true;
                return null;
            }
            return json.getText();
        }

        /** A value of any kind, as compact JSON. */
        private static String copied(JsonParser json) throws IOException {
            StringWriter text = new StringWriter();
            try (JsonGenerator copy = JSON.createGenerator(text)) {
                copy.copyCurrentStructureExact(json);
            }
            return text.toString();
        }

        /** A text for the log: bounded, and without characters that would end its line or move a terminal. */
        private static @Nullable String told(JsonParser json, JsonToken token, int longest) throws IOException {
            if (token == JsonToken.VALUE_NULL) {
                return null;
            }
            if (token.isStructStart()) {
                // An error all the same.
                json.skipChildren();
                return "error";
            }
            String text = json.getText();
            String clean = UNPRINTABLE.matcher(text).replaceAll(" ");
            return clean.length() > longest ? clean.substring(0, longest) : clean;
        }

        private FromChild.Result result() {
            String what = error;
            if (what != null) {
                return new FromChild.Result.Failed(what, trace == null ? "" : trace);
            }
            if (answer != null) {
                return new FromChild.Result.Returned(answer);
            }
            return processed ? new FromChild.Result.Processed() : new FromChild.Result.Answered();
        }

        private FromChild message() {
            if (isWrong) {
                return WRONG_KIND;
            }
            if ("status".equals(action)) {
                return new FromChild.Status(responseFor, result());
            }
            if (!"checkpoint".equals(action)) {
                return NO_ACTION;
            }
            if (subSequenceNumber == null || subSequenceNumber.isBlank()) {
                return new FromChild.Checkpoint(sequenceNumber, null);
            }
            Long sub = whole(subSequenceNumber);
            return sub == null ? WRONG_KIND : new FromChild.Checkpoint(sequenceNumber, sub);
        }

        /** Fractions are cut off, as Amazon's daemon does. */
        private static @Nullable Long whole(String text) {
            // Longer ones are no numbers of records, and big decimals take their time.
            if (text.length() > 40) {
                return null;
            }
            try {
                BigDecimal number = new BigDecimal(text.strip());
                // Exponents are looked at first: the digits of 1e1000000000 or its inverse fill the memory.
                long digits = (long) number.precision() - number.scale();
                if (digits <= 0) {
                    return 0L;
                }
                return digits > 19 ? null : number.toBigInteger().longValueExact();
            } catch (ArithmeticException | NumberFormatException notANumber) {
                return null;
            }
        }
    }
}
