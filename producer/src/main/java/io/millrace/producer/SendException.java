package io.millrace.producer;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A record of which nobody knows that it is stored: every send that does not end with a {@link StoredRecord} ends with one of
 * these. The cause, where there is one, is the last failure that the record met.
 */
public abstract sealed class SendException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean mayBeStored;

    private SendException(String message, boolean mayBeStored, @Nullable Throwable cause) {
        // Producers make one for each record of an outage, and the place in the code says nothing.
        super(message, cause, false, false);
        this.mayBeStored = mayBeStored;
    }

    /**
     * True if the record was sent at least once and no answer came: it may be in the stream all the same, and sending it again
     * may store it twice. False if it is certainly not in the stream.
     */
    public boolean mayBeStored() {
        return mayBeStored;
    }

    /** The record became older than {@link ProducerBuilder#giveUpAfter} before it was stored. */
    public static final class Expired extends SendException {
        private static final long serialVersionUID = 1L;

        Expired(Duration age, boolean mayBeStored, @Nullable Throwable cause) {
            super("not stored within " + seconds(age) + " s" + because(cause), mayBeStored, cause);
        }
    }

    /** The service refuses the record or the stream for good: no permission, no such stream, a record that is too large. */
    public static final class Refused extends SendException {
        private static final long serialVersionUID = 1L;

        Refused(boolean mayBeStored, Throwable cause) {
            super("refused" + because(cause), mayBeStored, cause);
        }
    }

    /** There was no room for the record, or it had to make room for a newer one; see {@link WhenFull}. */
    public static final class NoRoom extends SendException {
        private static final long serialVersionUID = 1L;

        NoRoom(String message, boolean mayBeStored, @Nullable Throwable cause) {
            super(message, mayBeStored, cause);
        }
    }

    /** The producer was closed before the record was stored, or had been closed before it was sent. */
    public static final class Closed extends SendException {
        private static final long serialVersionUID = 1L;

        Closed(boolean mayBeStored, @Nullable Throwable cause) {
            super("the producer is closed" + because(cause), mayBeStored, cause);
        }
    }

    private static String because(@Nullable Throwable cause) {
        return cause == null ? "" : ": " + cause.getMessage();
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f", time.toMillis() / 1000.0);
    }
}
