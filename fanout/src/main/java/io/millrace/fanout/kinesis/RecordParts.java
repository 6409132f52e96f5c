package io.millrace.fanout.kinesis;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The parts read so far of the record that is read now. Belongs to one decoder. */
final class RecordParts {
    static final String DATA = "Data";
    static final String KEY = "PartitionKey";
    static final String NUMBER = "SequenceNumber";
    static final String ARRIVAL = "ApproximateArrivalTimestamp";

    private @Nullable String key;
    private @Nullable SequenceNumber number;
    private Bytes data = Bytes.empty();
    private @Nullable Instant arrival;
    /** Records of one put arrived at one moment. */
    private Instant last = Instant.EPOCH;

    private long lastMillis;

    /** The next record begins. */
    void begin() {
        key = null;
        number = null;
        data = Bytes.empty();
        arrival = null;
    }

    void key(String text) {
        key = text;
    }

    void number(SequenceNumber of) {
        number = of;
    }

    /** Takes {@code bytes} over. */
    void data(byte[] bytes) {
        data = Bytes.wrap(bytes);
    }

    void arrival(long millis) {
        if (millis != lastMillis) {
            last = Instant.ofEpochMilli(millis);
            lastMillis = millis;
        }
        arrival = last;
    }

    /**
     * The record.
     *
     * @throws IllegalArgumentException if a part other than the data is missing
     */
    StreamRecord end() {
        return new StreamRecord(
                RecordPosition.of(given(number, NUMBER)), given(key, KEY), data, given(arrival, ARRIVAL));
    }

    static <T> T given(@Nullable T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return value;
    }
}
