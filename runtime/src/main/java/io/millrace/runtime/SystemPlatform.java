package io.millrace.runtime;

import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The real clocks and real threads. */
public final class SystemPlatform implements Platform {
    private static final Logger log = LoggerFactory.getLogger(SystemPlatform.class);

    private final ErrorHandler errors;
    private final RandomGenerator random = new SharedRandom();

    /** A platform whose event loops report uncaught errors to the log. */
    public SystemPlatform() {
        this((source, error) -> log.error("A task of {} failed; the loop goes on", source, error));
    }

    /** A platform whose event loops report uncaught errors to {@code errors}. */
    public SystemPlatform(ErrorHandler errors) {
        this.errors = requireNonNull(errors, "errors");
    }

    @Override
    public Ticker ticker() {
        return System::nanoTime;
    }

    @Override
    public InstantSource clock() {
        return InstantSource.system();
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public EventLoop newEventLoop(String name) {
        return new ThreadEventLoop(name, ticker(), errors).start();
    }

    @Override
    public BlockingTasks newBlockingTasks(String name, int bound) {
        return Threads.perTask(name, bound, errors);
    }

    @Override
    public BlockingTasks newPipeThreads(String name) {
        return Threads.ofPlatform(name, errors);
    }

    @Override
    public void contained(Throwable error) {
        // The component's own log line says it.
    }

    /** Per-thread generators behind one face: {@code SplittableRandom} itself is not safe to share. */
    private static final class SharedRandom implements RandomGenerator {
        private final SecureRandom seeds = new SecureRandom();
        private final ThreadLocal<RandomGenerator> generators = ThreadLocal.withInitial(
                () -> RandomGeneratorFactory.of("SplittableRandom").create(seeds.nextLong()));

        @Override
        public long nextLong() {
            return generators.get().nextLong();
        }
    }
}
