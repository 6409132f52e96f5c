package io.millrace.systemtests.process;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.WorkerEvent;
import io.millrace.consumer.processor.RecordBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * A worker as a process of its own with the default settings, to be measured. It prints {@code taken N} whenever it holds one more
 * lease and {@code begun N} whenever a record of one more shard was processed. For each line of its standard input it collects
 * garbage and prints {@code heap BYTES read RECORDS}. Arguments: the stream, {@code pipe} or {@code polling}, and {@code hang} if
 * processors do not return. Ends with its standard input, at once.
 */
final class MeasuredWorker {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Set<String> taken = ConcurrentHashMap.newKeySet();
    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    private final CountDownLatch never = new CountDownLatch(1);
    private final boolean hang;

    private MeasuredWorker(boolean hang) {
        this.hang = hang;
    }

    public static void main(String[] args) throws IOException {
        MeasuredWorker measured = new MeasuredWorker(args[2].equals("hang"));
        WorkerBuilder builder = Worker.builder().application("measured").stream(args[0])
                .meterRegistry(measured.meters)
                .listener(measured::onEvent)
                .processor(() -> measured::process);
        if (args[1].equals("pipe")) {
            builder.fanOut();
        }
        Worker worker = builder.build();
        worker.start();
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (questions.readLine() != null) {
            System.gc();
            long heap =
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            System.out.println("heap " + heap + " read " + measured.read());
        }
        // Processors that hang would keep it for as long as it waits for them.
        Runtime.getRuntime().halt(0);
    }

    private void onEvent(WorkerEvent event) {
        if (event instanceof WorkerEvent.LeaseTaken lease
                && taken.add(lease.shard().value())) {
            System.out.println("taken " + taken.size());
        }
    }

    private void process(RecordBatch batch) throws InterruptedException {
        if (begun.add(batch.shard().shard().value())) {
            System.out.println("begun " + begun.size());
        }
        if (hang) {
            never.await();
        }
    }

    private long read() {
        return Math.round(meters.getMeters().stream()
                .filter(meter -> Set.of("millrace.poll.records", "millrace.pipe.records")
                        .contains(meter.getId().getName()))
                .mapToDouble(meter -> ((Counter) meter).count())
                .sum());
    }
}
