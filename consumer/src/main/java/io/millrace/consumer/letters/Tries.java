package io.millrace.consumer.letters;

import io.millrace.runtime.Backoff;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * How often a write sends again what a service refused for the moment: until nothing at all was stored for a few times in a row.
 * The worker then waits and writes again, so that it can tell what stands still. For one write.
 */
final class Tries {
    private static final int MOST_IN_VAIN = 8;
    private static final int INTERNAL_ERROR = 500;
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(2));

    private final Pause pause;
    private int inVain;

    Tries(Pause pause) {
        this.pause = pause;
    }

    /** How the thread of a write waits. */
    @FunctionalInterface
    interface Pause {
        /** Returns a while later, the longer the more {@code failures} there were in a row, counted from 1. */
        void after(int failures) throws InterruptedException;
    }

    /** Waits on the thread that calls; can be interrupted. */
    static Pause pauses(RandomGenerator random) {
        return failures -> {
            try {
                new CompletableFuture<@Nullable Void>()
                        .completeOnTimeout(null, BACKOFF.delay(failures, random).toNanos(), TimeUnit.NANOSECONDS)
                        .get();
            } catch (ExecutionException impossible) {
                throw new IllegalStateException(impossible);
            }
        };
    }

    /**
     * A request failed, after the SDK's own tries.
     *
     * @throws Exception that failure, if sending again does not mend it, or failed too often
     */
    void afterFailure(Exception failure) throws Exception {
        inVain++;
        boolean passes = failure instanceof AwsServiceException refused
                && (refused.isThrottlingException() || refused.statusCode() >= INTERNAL_ERROR);
        if (!passes || inVain == MOST_IN_VAIN) {
            throw failure;
        }
        pause.after(inVain);
    }

    /** All were stored. */
    void afterAll() {
        inVain = 0;
    }

    /** Some were stored and some refused. */
    void afterSome() throws InterruptedException {
        inVain = 0;
        pause.after(1);
    }

    /**
     * Nothing was stored.
     *
     * @throws LetterException if that was so too often
     */
    void afterNone(String what) throws InterruptedException {
        inVain++;
        if (inVain == MOST_IN_VAIN) {
            throw new LetterException(what + "; " + inVain + " tries in a row stored nothing");
        }
        pause.after(inVain);
    }
}
