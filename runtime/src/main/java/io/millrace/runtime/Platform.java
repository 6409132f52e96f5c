package io.millrace.runtime;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Where a component gets time, randomness and threads from. Safe for any thread. */
public interface Platform {
    /** The monotonic clock: durations and deadlines. */
    Ticker ticker();

    /** The wall clock: time stamps that others read. Never used to measure durations. */
    InstantSource clock();

    /** Randomness for jitter and names; not for secrets. */
    RandomGenerator random();

    /**
     * Makes an event loop of its own thread.
     *
     * @param name what its thread is called
     */
    EventLoop newEventLoop(String name);

    /**
     * Makes threads for code that may block, such as a user's record processor: virtual threads where the JVM has them,
     * else a pool that holds at most {@code bound} threads and queues what is beyond.
     *
     * @param name what the threads are called, followed by a number
     * @param bound the most tasks that run at once where threads are not virtual
     */
    BlockingTasks newBlockingTasks(String name, int bound);

    /**
     * Makes threads that stand in calls of the operating system for most of their lives, such as reads of pipes, as many as are
     * asked for at once: platform threads with small stacks, because a virtual thread would hold its carrier all that time.
     *
     * @param name what the threads are called, followed by a number
     */
    default BlockingTasks newPipeThreads(String name) {
        return newBlockingTasks(name, Integer.MAX_VALUE);
    }

    /**
     * Is told that a component met an error in itself, ended what was broken and goes on. The component has logged it.
     * Thrown on by default: in a test no error passes unseen because it was contained.
     */
    default void contained(Throwable error) {
        throw new IllegalStateException("an error was contained", error);
    }

    /** An executor for tasks that may block. Closing it lets running tasks end and takes no new ones. */
    interface BlockingTasks extends Executor, AutoCloseable {
        @Override
        void close();
    }
}
