package io.millrace.systemtests.chaos;

import io.millrace.systemtests.process.LocalClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.function.ThrowingSupplier;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;

/**
 * Puts records on a thread of its own, in batches, until so many are acknowledged, and never more than a bounded number ahead of
 * those who process them. The records of a key are numbered in the order in which they are put. Where an answer does not
 * come, nobody knows whether its records are stored: they are kept apart, and no number is put twice.
 */
final class ChaosProducer implements AutoCloseable {
    private static final long ASK_MILLIS = 20;

    private final int port;
    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final Load load;
    private final List<String> keys;
    private final int[] next;
    private final Semaphore room;
    private final CompletableFuture<Put> done = new CompletableFuture<>();

    private final Map<String, BitSet> acknowledged = new TreeMap<>();
    private final Map<String, BitSet> unsure = new TreeMap<>();
    private int turn;

    /**
     * How much it puts.
     *
     * @param records how many are acknowledged in the end
     * @param keys how many keys they have, in turn
     * @param batch how many are put at once, at most 500
     * @param pauseMillis how long it waits between two puts
     */
    record Load(long records, int keys, int batch, long pauseMillis) {}

    /** The numbers of each key: those that were acknowledged, and those that may be stored or not. */
    record Put(Map<String, BitSet> acknowledged, Map<String, BitSet> unsure) {}

    private record Entry(String key, int number) {}

    /**
     * A producer that has not begun.
     *
     * @param port where the server is
     * @param room a permit for each record that may be put; whoever hears that one is processed gives it back
     */
    ChaosProducer(int port, String stream, Load load, Semaphore room) {
        this.port = port;
        this.kinesis = LocalClients.kinesisWithoutRetries(port);
        this.stream = stream;
        this.load = load;
        this.keys = IntStream.range(0, load.keys).mapToObj(n -> "k" + n).toList();
        this.next = new int[load.keys];
        this.room = room;
    }

    void start() {
        Thread thread = new Thread(() -> complete(this::run));
        thread.setDaemon(true);
        thread.start();
    }

    /** Whether all is put; throws if that failed. */
    boolean isDone() {
        if (done.isCompletedExceptionally()) {
            done.join();
        }
        return done.isDone();
    }

    /** Whatever was put in the end. */
    Put put() {
        return done.join();
    }

    private void complete(ThrowingSupplier<Put> work) {
        try {
            done.complete(work.get());
        } catch (Throwable e) {
            done.completeExceptionally(e);
        }
    }

    private Put run() throws InterruptedException {
        Semaphore never = new Semaphore(0);
        for (long sofar = 0; sofar < load.records; ) {
            room.acquire(load.batch);
            sofar += putBatch();
            never.tryAcquire(load.pauseMillis, TimeUnit.MILLISECONDS);
        }
        return new Put(acknowledged, unsure);
    }

    private int putBatch() throws InterruptedException {
        List<Entry> batch = new ArrayList<>();
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int i = 0; i < load.batch; i++) {
            int key = turn++ % keys.size();
            Entry entry = new Entry(keys.get(key), next[key]++);
            batch.add(entry);
            entries.add(PutRecordsRequestEntry.builder()
                    .partitionKey(entry.key)
                    .data(LocalClients.utf8(Integer.toString(entry.number)))
                    .build());
        }
        PutRecordsResponse answer;
        try {
            answer = kinesis.putRecords(request -> request.streamName(stream).records(entries))
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
        } catch (RuntimeException noAnswer) {
            batch.forEach(entry -> note(unsure, entry));
            room.release(load.batch);
            awaitServer();
            return 0;
        }
        int taken = 0;
        for (int i = 0; i < load.batch; i++) {
            if (answer.records().get(i).errorCode() == null) {
                note(acknowledged, batch.get(i));
                taken++;
            }
        }
        room.release(load.batch - taken);
        return taken;
    }

    private static void note(Map<String, BitSet> where, Entry entry) {
        where.computeIfAbsent(entry.key, unused -> new BitSet()).set(entry.number);
    }

    /** Knocks until the server listens; the test's time limit ends a vain wait. */
    private void awaitServer() throws InterruptedException {
        Semaphore never = new Semaphore(0);
        while (!never.tryAcquire(ASK_MILLIS, TimeUnit.MILLISECONDS)) {
            try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
                if (server.isConnected()) {
                    return;
                }
            } catch (IOException notYet) {
                // It is being started again.
            }
        }
    }

    @Override
    public void close() {
        kinesis.close();
    }
}
