package io.millrace.streamcore.log;

import java.nio.ByteBuffer;

/** Batches as a log would give them, for tests of what reads them. */
public final class LogBatches {
    private LogBatches() {}

    /** A batch of these parts. */
    public static LogBatch of(long firstIndex, int count, long timeMillis, ByteBuffer payload) {
        return new LogBatch(firstIndex, count, timeMillis, payload);
    }
}
