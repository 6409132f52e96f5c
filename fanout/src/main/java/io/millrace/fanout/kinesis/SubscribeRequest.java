package io.millrace.fanout.kinesis;

import io.millrace.model.Position;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes the JSON body of a SubscribeToShard request (SubscribeToShard, Kinesis API; RFC 8259). Pure functions. */
final class SubscribeRequest {
    private SubscribeRequest() {}

    static byte[] body(String consumerArn, ShardId shard, Position from) {
        String body = "{\"ConsumerARN\":" + quoted(consumerArn) + ",\"ShardId\":" + quoted(shard.value())
                + ",\"StartingPosition\":{" + position(from) + "}}";
        return body.getBytes(StandardCharsets.UTF_8);
    }

    private static String position(Position from) {
        if (from instanceof Position.TrimHorizon) {
            return type("TRIM_HORIZON");
        } else if (from instanceof Position.Latest) {
            return type("LATEST");
        } else if (from instanceof Position.AtTimestamp at) {
            BigDecimal seconds = BigDecimal.valueOf(at.time().toEpochMilli(), 3);
            return type("AT_TIMESTAMP") + ",\"Timestamp\":" + seconds.toPlainString();
        } else if (from instanceof Position.AtSequenceNumber at) {
            return type("AT_SEQUENCE_NUMBER") + number(at.sequenceNumber());
        } else if (from instanceof Position.AfterRecord after) {
            return type("AT_SEQUENCE_NUMBER") + number(after.record().sequenceNumber());
        } else if (from instanceof Position.AfterSequenceNumber after) {
            return type("AFTER_SEQUENCE_NUMBER") + number(after.sequenceNumber());
        }
        throw new IllegalArgumentException("no place to subscribe from: " + from);
    }

    private static String type(String name) {
        return "\"Type\":\"" + name + '"';
    }

    private static String number(SequenceNumber number) {
        return ",\"SequenceNumber\":\"" + number + '"';
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (next < ' ' || next == '"' || next == '\\') {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) next));
            } else {
                quoted.append(next);
            }
        }
        return quoted.append('"').toString();
    }
}
