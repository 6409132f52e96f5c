package io.millrace.streamcore.api.push;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How subscriptions behave.
 *
 * @param life how long one lasts before the server ends it
 * @param heartbeat after how long without an event an empty one is sent; clients give up after 10 s
 * @param takeOver how long after a subscription began a second one for the same shard and consumer is refused; from then
 *     on it takes over
 * @param eventRecords at most this many records an event
 * @param eventBytes at most this many bytes of data and partition keys an event, but always one record
 */
public record PushSettings(Duration life, Duration heartbeat, Duration takeOver, int eventRecords, int eventBytes) {
    /**
     * As the service does it: 5 minutes of life, a second subscription refused for 5 seconds; a heartbeat after 4 seconds;
     * events of 2,000 records and 768 KiB, whose frames stay within 1.6 MB.
     */
    public static final PushSettings DEFAULTS =
            new PushSettings(Duration.ofMinutes(5), Duration.ofSeconds(4), Duration.ofSeconds(5), 2000, 768 << 10);

    /** Checks the parts. */
    public PushSettings {
        requireNonNull(life, "life");
        requireNonNull(heartbeat, "heartbeat");
        requireNonNull(takeOver, "takeOver");
        if (life.isNegative() || life.isZero() || heartbeat.isNegative() || heartbeat.isZero()) {
            throw new IllegalArgumentException("life and heartbeat are above zero: " + life + ", " + heartbeat);
        }
        if (takeOver.isNegative()) {
            throw new IllegalArgumentException("the time before a take-over is not negative: " + takeOver);
        }
        if (eventRecords < 1 || eventBytes < 1) {
            throw new IllegalArgumentException(
                    "an event holds at least one record and byte: " + eventRecords + ", " + eventBytes);
        }
    }

    /** The same with another length of life. */
    public PushSettings withLife(Duration value) {
        return new PushSettings(value, heartbeat, takeOver, eventRecords, eventBytes);
    }
}
