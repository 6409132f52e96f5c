package io.millrace.benchmarks;

import io.millrace.runtime.Ticker;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;

/**
 * Many SubscribeToShard over HTTP/1.1, each on a connection of its own, which one thread reads as they become readable.
 * Belongs to that thread.
 */
final class SelectedPipes implements Listener {
    private final Selector selector;
    private final List<Pipe> pipes = new ArrayList<>();
    private final Stamps stamps;

    /**
     * Opens the pipes.
     *
     * @param requests bodies of SubscribeToShard
     * @param healthy so many of them take what comes; the others are stalled
     */
    SelectedPipes(int port, List<byte[]> requests, int healthy, Ticker ticker) throws IOException {
        stamps = new Stamps(ticker);
        selector = Selector.open();
        for (byte[] request : requests) {
            Pipe pipe = new Pipe(port, request, pipes.size() < healthy, stamps);
            pipes.add(pipe);
            pipe.register(selector);
        }
    }

    @Override
    public void run() {
        try {
            while (selector.isOpen()) {
                selector.select(SelectedPipes::receive);
            }
        } catch (IOException | ClosedSelectorException over) {
            // Closed from our side.
        }
    }

    private static void receive(SelectionKey key) {
        try {
            if (key.attachment() instanceof Pipe pipe && !pipe.receive()) {
                key.cancel();
            }
        } catch (IOException over) {
            key.cancel();
        }
    }

    @Override
    public boolean isOpen() {
        return pipes.stream().allMatch(Pipe::isOpen);
    }

    @Override
    public Stamps stamps() {
        return stamps;
    }

    @Override
    public void close() throws IOException {
        selector.close();
        for (Pipe pipe : pipes) {
            pipe.close();
        }
    }
}
