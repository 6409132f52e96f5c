package io.millrace.multilang.child;

import java.io.IOException;
import java.io.OutputStream;

/** Hands bytes on and counts them. Belongs to one thread at a time. */
final class CountingStream extends OutputStream {
    private final OutputStream target;
    private long count;

    CountingStream(OutputStream target) {
        this.target = target;
    }

    long count() {
        return count;
    }

    @Override
    public void write(int one) throws IOException {
        target.write(one);
        count++;
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        target.write(bytes, from, length);
        count += length;
    }

    @Override
    public void flush() throws IOException {
        target.flush();
    }
}
