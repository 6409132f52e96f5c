package io.millrace.benchmarks;

import io.millrace.runtime.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Pipes that are open at a time, and the threads that read them. Belongs to one thread. */
final class OpenPipes implements AutoCloseable {
    private final List<Listener> listeners;
    private final Platform.BlockingTasks threads;

    private OpenPipes(List<Listener> listeners, Platform.BlockingTasks threads) {
        this.listeners = listeners;
        this.threads = threads;
    }

    /**
     * Opens pipes and waits until the server has let them in.
     *
     * @param requests bodies of SubscribeToShard, one a pipe; the last ones are those that stall
     */
    static OpenPipes open(Benchmark.Opened opened, List<byte[]> requests, PipeLoad load, Platform platform)
            throws IOException {
        int port = opened.server().port();
        List<Listener> listeners = new ArrayList<>();
        switch (load.wire()) {
            case HTTP_1 -> listeners.add(new SelectedPipes(port, requests, load.healthy(), platform.ticker()));
            case HTTP_1_THREADS -> {
                for (byte[] request : requests) {
                    Stamps stamps = new Stamps(platform.ticker());
                    listeners.add(new Pipe(port, request, listeners.size() < load.healthy(), stamps));
                }
            }
            case HTTP_2 -> listeners.add(new Pipes(port, requests, load.healthy(), platform.ticker()));
        }
        OpenPipes pipes = new OpenPipes(listeners, platform.newBlockingTasks("pipe", listeners.size()));
        listeners.forEach(pipes.threads::execute);
        while (!listeners.stream().allMatch(Listener::isOpen)) {
            opened.calls().pause();
        }
        return pipes;
    }

    /** From now on records count. */
    void count() {
        listeners.forEach(listener -> listener.stamps().count());
    }

    /** The time of every record since {@link #count} from its put to a healthy pipe; to be called when they are at rest. */
    Histogram counted() {
        Histogram latency = new Histogram(3);
        listeners.forEach(listener -> latency.add(listener.stamps().counted()));
        return latency;
    }

    @Override
    public void close() throws IOException {
        for (Listener listener : listeners) {
            listener.close();
        }
        threads.close();
    }
}
