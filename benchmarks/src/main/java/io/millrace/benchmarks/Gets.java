package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads a shard of small records page by page, from its beginning again whenever it is read out.
 *
 * @param name as the table has it
 * @param form the form of bodies
 * @param stream the stream to read
 * @param pages how many pages the shard holds
 * @param page how many records a page has
 * @param bytes how large a record's data is
 * @param connections how many read at once
 */
record Gets(String name, Form form, String stream, int pages, int page, int bytes, int connections)
        implements Workload {
    private static final int BATCH = 500;

    @Override
    public void prepare(StreamCalls calls) throws IOException {
        calls.create(stream, 1);
        calls.fill(stream, pages * page / BATCH, BATCH, bytes);
    }

    @Override
    public Step step(int connection) {
        ByteBuffer first = StreamCalls.iterator(form, stream);
        int[] read = {0};
        String[] iterator = {""};
        return client -> {
            if (read[0]++ % pages == 0) {
                client.exchange(first);
                iterator[0] = client.member("ShardIterator");
            }
            client.exchange(StreamCalls.getRecords(form, iterator[0], page));
            if (client.bodyBytes() < page * bytes) {
                throw new IOException("a page of " + client.bodyBytes() + " bytes is too short");
            }
            iterator[0] = client.member("NextShardIterator");
            return page;
        };
    }
}
