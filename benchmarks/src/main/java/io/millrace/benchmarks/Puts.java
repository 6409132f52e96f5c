package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Puts records, each connection its own requests in turn.
 *
 * @param name as the table has it
 * @param form the form of bodies
 * @param stream the stream to put to
 * @param shards how many shards it has
 * @param batch how many records a request has; 1 is a PutRecord
 * @param bytes how large a record's data is
 * @param connections how many put at once
 */
record Puts(String name, Form form, String stream, int shards, int batch, int bytes, int connections)
        implements Workload {
    private static final int REQUESTS = 16;

    @Override
    public void prepare(StreamCalls calls) throws IOException {
        calls.create(stream, shards);
    }

    @Override
    public Step step(int connection) {
        SplittableRandom random = new SplittableRandom(connection);
        ByteBuffer[] requests = new ByteBuffer[REQUESTS];
        for (int i = 0; i < REQUESTS; i++) {
            requests[i] = batch == 1
                    ? StreamCalls.putRecord(form, stream, bytes, random)
                    : StreamCalls.putRecords(form, stream, batch, bytes, random);
        }
        int[] next = {0};
        return client -> {
            client.exchange(requests[next[0]++ % REQUESTS]);
            return batch;
        };
    }
}
