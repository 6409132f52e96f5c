package io.millrace.benchmarks;

import java.io.IOException;

/**
 * A workload on streams that are encrypted at rest.
 *
 * @param plain the same on streams that are not
 */
record Encrypted(Workload plain) implements Workload {
    @Override
    public String name() {
        return plain.name();
    }

    @Override
    public int connections() {
        return plain.connections();
    }

    @Override
    public void prepare(StreamCalls calls) throws IOException {
        plain.prepare(calls.encrypting());
    }

    @Override
    public Step step(int connection) {
        return plain.step(connection);
    }
}
