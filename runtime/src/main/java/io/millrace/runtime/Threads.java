package io.millrace.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for code that blocks. The build targets Java 17, so virtual threads (Java 21) are looked up once by method
 * handle; where they are missing a bounded pool takes their place.
 */
final class Threads {
    private static final Optional<VirtualThreads> VIRTUAL = VirtualThreads.find();

    private Threads() {}

    static boolean areVirtual() {
        return VIRTUAL.isPresent();
    }

    static Platform.BlockingTasks perTask(String name, int bound, ErrorHandler errors) {
        ExecutorService executor =
                VIRTUAL.map(virtual -> virtual.executor(name)).orElseGet(() -> pool(name, bound));
        return new Tasks(name, executor, errors);
    }

    private static ExecutorService pool(String name, int bound) {
        AtomicInteger made = new AtomicInteger();
        ThreadFactory factory = body -> {
            Thread thread = new Thread(body, name + "-" + made.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(bound, bound, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** A pool makes a thread for every task until it is full; where the system gives no more, those that it has do. */
    static void execute(ExecutorService executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (OutOfMemoryError noThread) {
            if (!(executor instanceof ThreadPoolExecutor pool)
                    || pool.getPoolSize() == 0
                    || !pool.getQueue().offer(task)) {
                throw noThread;
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
        static Optional<VirtualThreads> find() {
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
