package io.millrace.fanout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeapSizeTest {
    private static final int RECORDS = 20_000;
    private static final byte[] NUMBER =
            "49590338271490256608559692538361571095921575989136588898".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] KEY = "key-12345".getBytes(StandardCharsets.US_ASCII);

    /** The layout of objects is the JVM's; this one tells what it gave. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20, 100, 1_000})
    void recordWeighsWhatTheJvmAllocatesForIt(int bytes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // In a list, whose reference counts as four bytes more below, and in a batch's copy of it.
        StreamRecord[] list = new StreamRecord[RECORDS];
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (int i = 0; i < RECORDS; i++) {
            list[i] = record(bytes, i);
        }
        StreamRecord[] copy = list.clone();
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        double each = allocated / (double) RECORDS + 4;
        // A payload of nothing is one object for all.
        long told = HeapSize.of(copy[RECORDS - 1]);
        assertThat((double) told).isCloseTo(each, within(bytes == 0 ? 40.0 : 16.0));
    }

    private static StreamRecord record(int bytes, long millis) {
        return new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(NUMBER, 0, NUMBER.length)),
                new String(KEY, StandardCharsets.US_ASCII),
                Bytes.wrap(new byte[bytes]),
                Instant.ofEpochMilli(1_795_000_000_000L + millis));
    }
}
