package io.millrace.consumer;

import io.millrace.runtime.Platform;
import io.millrace.sim.PassingPlatform;
import java.time.Duration;
import java.time.InstantSource;

/** A machine whose wall clock is wrong by {@code skew}. */
public final class SkewedPlatform extends PassingPlatform {
    private final Duration skew;

    /** The machine {@code inner} but for its wall clock. */
    public SkewedPlatform(Platform inner, Duration skew) {
        super(inner);
        this.skew = skew;
    }

    @Override
    public InstantSource clock() {
        return () -> super.clock().instant().plus(skew);
    }
}
