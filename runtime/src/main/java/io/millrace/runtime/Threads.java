package io.millrace.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for code that blocks. The build targets Java 17, so virtual threads are looked up once by method handle. They are used
 * from Java 24 on: before, one that blocks within {@code synchronized} holds a carrier (JEP 491), as the code of users and of their
 * libraries does. Elsewhere a bounded pool takes their place.
 */
final class Threads {
    private static final Optional<VirtualThreads> VIRTUAL = VirtualThreads.find();

    /** Enough for a read and a line of log; most of it is never touched. */
    private static final long SMALL_STACK = 256 * 1024;

    private Threads() {}

    static boolean areVirtual() {
        return VIRTUAL.isPresent();
    }

    static Platform.BlockingTasks perTask(String name, int bound, ErrorHandler errors) {
        ExecutorService executor =
                VIRTUAL.map(virtual -> virtual.executor(name)).orElseGet(() -> pool(name, bound));
        return new Tasks(name, executor, errors);
    }

    /** Platform threads with small stacks, one for each task that runs. */
    static Platform.BlockingTasks ofPlatform(String name, ErrorHandler errors) {
        AtomicInteger made = new AtomicInteger();
        ThreadFactory factory = body -> {
            Thread thread = new Thread(null, body, name + "-" + made.getAndIncrement(), SMALL_STACK);
            thread.setDaemon(true);
            return thread;
        };
        ExecutorService executor =
                new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
        return new Tasks(name, executor, errors);
    }

    private static ExecutorService pool(String name, int bound) {
        AtomicInteger made = new AtomicInteger();
        ThreadFactory factory = body -> {
            Thread thread = new Thread(body, name + "-" + made.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
        IdleFirst tasks = new IdleFirst();
        return new ThreadPoolExecutor(0, bound, 10, TimeUnit.SECONDS, tasks, factory, tasks);
    }

    /** A pool makes a thread for a task while none is idle; where the system gives no more, those that it has do. */
    static void execute(ExecutorService executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (OutOfMemoryError noThread) {
            if (!(executor instanceof ThreadPoolExecutor pool)
                    || pool.getPoolSize() == 0
                    || pool.getQueue() instanceof SynchronousQueue
                    || !pool.getQueue().add(task)) {
                throw noThread;
            }
        }
    }

    /**
     * Waiting tasks of a pool. It takes one at once only if a thread is idle, so that the pool makes a thread for the next one
     * otherwise; beyond the pool's bound tasks wait here.
     */
    private static final class IdleFirst extends LinkedTransferQueue<Runnable> implements RejectedExecutionHandler {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean offer(Runnable task) {
            return tryTransfer(task);
        }

        @Override
        public void rejectedExecution(Runnable task, ThreadPoolExecutor pool) {
            if (pool.isShutdown()) {
                throw new RejectedExecutionException("closed");
            }
            put(task);
            // All threads may have ended for want of tasks meanwhile.
            if (pool.getPoolSize() == 0 && remove(task)) {
                pool.execute(task);
            }
        }
    }

    private record Tasks(String name, ExecutorService executor, ErrorHandler errors) implements Platform.BlockingTasks {
        @Override
        public void execute(Runnable task) {
            Threads.execute(executor, () -> {
                try {
                    task.run();
                } catch (Throwable error) {
                    errors.onError(name, error);
                }
            });
        }

        @Override
        public void close() {
            executor.shutdown();
        }
    }

    private record VirtualThreads(MethodHandle ofVirtual, MethodHandle name, MethodHandle factory) {
        private static final int FIRST_VERSION = 24;

        static Optional<VirtualThreads> find() {
            if (Runtime.version().feature() < FIRST_VERSION) {
                return Optional.empty();
            }
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            try {
                Class<?> builder = Class.forName("java.lang.Thread$Builder");
                Class<?> virtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
                return Optional.of(new VirtualThreads(
                        lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(virtual)),
                        lookup.findVirtual(builder, "name", MethodType.methodType(builder, String.class, long.class)),
                        lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class))));
            } catch (ReflectiveOperationException olderJvm) {
                return Optional.empty();
            }
        }

        ExecutorService executor(String prefix) {
            try {
                Object builder = name.invoke(ofVirtual.invoke(), prefix + "-", 0L);
                ThreadFactory threads = (ThreadFactory) factory.invoke(builder);
                MethodHandle perTask = MethodHandles.publicLookup()
                        .findStatic(
                                Executors.class,
                                "newThreadPerTaskExecutor",
                                MethodType.methodType(ExecutorService.class, ThreadFactory.class));
                return (ExecutorService) perTask.invoke(threads);
            } catch (Throwable error) {
                throw new IllegalStateException("this JVM has virtual threads but makes none", error);
            }
        }
    }
}
