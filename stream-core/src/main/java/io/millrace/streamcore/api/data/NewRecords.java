package io.millrace.streamcore.api.data;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.shape.ConstraintCheck;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.StreamOptions;
import java.nio.charset.StandardCharsets;

/** Turns the members of a put into a record, with the rules that need more than one member. */
final class NewRecords {
    /** Every stream takes records of this many bytes. */
    private static final int LEAST_LIMIT = StreamOptions.MIN_RECORD_KIB * 1024;

    private NewRecords() {}

    /**
     * The record of {@code values}.
     *
     * @param maxBytes the most that the stream takes
     * @param pathOfData where its data stands in the request, for the text of an error
     */
    static NewRecord of(Values values, int maxBytes, String pathOfData) {
        NewRecord record = new NewRecord(
                values.requiredText("PartitionKey"),
                values.text("ExplicitHashKey").map(NewRecords::hashKey).orElse(null),
                values.requiredBlob("Data"));
        if (size(record) > maxBytes) {
            Bytes data = record.data();
            throw ApiException.validation(ConstraintCheck.violation(
                    pathOfData, data, "Member must have length less than or equal to " + maxBytes));
        }
        return record;
    }

    /** What counts against the limits: the data and the partition key in UTF-8. */
    static int size(NewRecord record) {
        String key = record.partitionKey();
        // 256 characters never take more than three bytes each, so a record below all limits needs no exact count.
        int keyBytes = record.data().size() + 3 * key.length() <= LEAST_LIMIT
                ? key.length()
                : key.getBytes(StandardCharsets.UTF_8).length;
        return record.data().size() + keyBytes;
    }

    private static HashKey hashKey(String text) {
        try {
            return HashKey.parse(text);
        } catch (IllegalArgumentException tooHigh) {
            throw ApiException.invalidArgument(
                    "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was "
                            + text);
        }
    }
}
