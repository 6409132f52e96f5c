package io.millrace.cli.streams;

import io.millrace.runtime.Ticker;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * How a transfer bears an outage of the service. Immutable; safe for any thread as far as its parts are.
 *
 * @param time how long an outage may last before the transfer gives up
 * @param ticker measures that
 * @param reasons says in a few words why a call failed
 * @param notes is told when an outage begins and when it is over
 */
public record Patience(Duration time, Ticker ticker, Function<Throwable, String> reasons, Consumer<String> notes) {
    void tellThatItWaits(Throwable error) {
        notes.accept("waiting for the service, at most " + time.toSeconds() + " s: " + reasons.apply(error));
    }

    boolean isOver(long since) {
        return ticker.since(since).compareTo(time) >= 0;
    }

    /** Why the transfer ends. */
    String gaveUp(Throwable error) {
        return "gave up after " + time.toSeconds() + " s: " + reasons.apply(error);
    }
}
