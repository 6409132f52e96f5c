package io.millrace.sim;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Platform;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Another platform's threads and ticker with a wall clock that can be set, for tests in which the date matters. The clock
 * runs on at the pace of the other platform's. Safe for any thread.
 */
public final class ShiftedPlatform extends PassingPlatform {
    private volatile Duration shift;

    /** A platform whose wall clock agrees with {@code real}'s until {@link #shift} moves it. */
    public ShiftedPlatform(Platform real) {
        super(real);
        this.shift = Duration.ZERO;
    }

    /** A platform whose wall clock shows {@code now} at this moment. */
    public static ShiftedPlatform at(Instant now, Platform real) {
        ShiftedPlatform platform = new ShiftedPlatform(real);
        platform.shift(Duration.between(real.clock().instant(), now));
        return platform;
    }

    /** Sets the wall clock to {@code real}'s plus {@code newShift}, which may be negative. */
    public void shift(Duration newShift) {
        shift = requireNonNull(newShift, "newShift");
    }

    @Override
    public InstantSource clock() {
        return () -> super.clock().instant().plus(shift);
    }
}
