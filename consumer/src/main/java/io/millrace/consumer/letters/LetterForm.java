package io.millrace.consumer.letters;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;

/**
 * The JSON form of a letter. ASCII alone: what else a key holds stands as an escape, half of a surrogate pair included, so that
 * no encoding on the way can change it, every queue takes it, and no terminal obeys it. Stateless.
 */
final class LetterForm {
    /** How every letter begins: the number of its form. */
    static final String BEGIN = "{\"letter\":1,";

    private static final String FORM = "1";
    /** More than the members other than the data usually take. */
    private static final int USUAL = 800;

    private LetterForm() {}

    static String write(Letter letter) {
        StreamRecord record = letter.record();
        byte[] data = record.data().toByteArray();
        StringBuilder json = new StringBuilder(USUAL + data.length / 3 * 4).append(BEGIN);
        text(json, "id", letter.id()).append(',');
        text(json, "application", letter.application()).append(',');
        text(json, "stream", letter.stream().value()).append(',');
        text(json, "shard", letter.shard().value()).append(',');
        json.append("\"epoch\":").append(letter.epoch()).append(',');
        text(json, "sequenceNumber", record.sequenceNumber().toString()).append(',');
        json.append("\"subSequenceNumber\":").append(record.subSequenceNumber()).append(',');
        text(json, "partitionKey", record.partitionKey()).append(',');
        record.explicitHashKey()
                .ifPresent(key -> text(json, "explicitHashKey", key.toString()).append(','));
        text(json, "arrival", record.arrival().toString()).append(',');
        json.append("\"attempts\":").append(letter.attempts()).append(',');
        text(json, "error", letter.error()).append(',');
        text(json, "failedAt", letter.failedAt().toString()).append(',');
        json.append("\"data\":\"").append(Base64.getEncoder().encodeToString(data));
        return json.append("\"}").toString();
    }

    private static StringBuilder text(StringBuilder json, String name, String value) {
        json.append('"').append(name).append("\":");
        return AsciiJson.string(json, value);
    }

    static Letter read(String json) {
        Members members = new Members(object(json));
        String form = members.number("letter");
        if (!form.equals(FORM)) {
            throw new LetterException(
                    "this is a letter of form " + form + ", and this version reads form " + FORM + ": use a newer one");
        }
        StreamRecord record = new StreamRecord(
                new RecordPosition(
                        members.value("sequenceNumber", SequenceNumber::parse), members.count("subSequenceNumber", 0)),
                members.string("partitionKey"),
                members.value("data", text -> Bytes.wrap(Base64.getDecoder().decode(text))),
                members.value("arrival", Instant::parse),
                members.has("explicitHashKey") ? members.value("explicitHashKey", HashKey::parse) : null);
        return new Letter(
                members.string("application"),
                members.value("stream", StreamName::new),
                members.value("shard", ShardId::new),
                members.count("epoch", 0),
                record,
                (int) Math.min(Integer.MAX_VALUE, members.count("attempts", 1)),
                members.string("error"),
                members.value("failedAt", Instant::parse));
    }

    private static Map<String, JsonNode> object(String json) {
        List<JsonNode> values;
        try {
            // The parser reads one value and leaves what comes after it; within an array it has to read all.
            values = JsonNode.parser().parse("[" + json + "]").asArray();
        } catch (RuntimeException broken) {
            throw new LetterException("this is no letter: it is no JSON");
        }
        if (values.size() != 1 || !values.get(0).isObject()) {
            throw new LetterException("this is no letter: it is not one JSON object");
        }
        return values.get(0).asObject();
    }

    /** The members of a letter; those that are asked for must be there. */
    private record Members(Map<String, JsonNode> all) {
        boolean has(String name) {
            return all.containsKey(name);
        }

        private JsonNode of(String name) {
            @Nullable JsonNode found = all.get(name);
            if (found == null) {
                throw new LetterException("this is no letter: it has no member '" + name + "'");
            }
            return found;
        }

        String string(String name) {
            JsonNode found = of(name);
            if (!found.isString()) {
                throw unreadable(name);
            }
            return found.asString();
        }

        String number(String name) {
            JsonNode found = of(name);
            if (!found.isNumber()) {
                throw unreadable(name);
            }
            return found.asNumber();
        }

        long count(String name, long least) {
            try {
                long count = Long.parseLong(number(name));
                if (count >= least) {
                    return count;
                }
            } catch (NumberFormatException noWholeNumber) {
                // Said below.
            }
            throw unreadable(name);
        }

        <T> T value(String name, Function<String, T> reading) {
            String text = string(name);
            try {
                return reading.apply(text);
            } catch (RuntimeException unreadable) {
                throw unreadable(name);
            }
        }

        private static LetterException unreadable(String name) {
            return new LetterException("this letter cannot be read: its member '" + name + "' has no meaning");
        }
    }
}
