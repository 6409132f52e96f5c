package io.millrace.fanout.kinesis;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time that requests are signed with: this machine's, and the service's once the service has refused a signature for a
 * clock that is wrong. Safe for any thread.
 */
final class SigningClock extends Clock {
    private static final Logger log = LoggerFactory.getLogger(SigningClock.class);

    /** The service takes signatures that are five minutes off; below this a clock is not what was wrong. */
    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    private final InstantSource own;
    private volatile Duration ahead = Duration.ZERO;

    SigningClock(InstantSource own) {
        this.own = own;
    }

    /**
     * The service refused a signature; its answer tells its time.
     *
     * @return true if this clock tells another time from now on
     */
    boolean correct(HttpAnswer refusal) {
        try {
            Instant told = ZonedDateTime.parse(refusal.header("Date"), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration difference = Duration.between(own.instant(), told);
            if (difference.minus(ahead).abs().compareTo(TOLERANCE) > 0) {
                log.warn(
                        "this machine's clock is off by {} s; requests are signed with the service's",
                        -difference.toSeconds());
                ahead = difference;
                return true;
            }
        } catch (DateTimeException untold) {
            log.debug("the service refused a signature and told no time", untold);
        }
        return false;
    }

    @Override
    public Instant instant() {
        return own.instant().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
