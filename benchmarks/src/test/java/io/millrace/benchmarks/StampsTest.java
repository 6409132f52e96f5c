package io.millrace.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class StampsTest {
    private final AtomicLong now = new AtomicLong(5_000);
    private final Stamps stamps = new Stamps(now::get);

    @Test
    void timeFromPutToReceiptIsCountedOncePerRecordHoweverItIsCut() {
        byte[] event = (record(2_000) + record(Stamps.NONE) + record(4_000)).getBytes(StandardCharsets.US_ASCII);
        for (int cut = 1; cut < event.length; cut++) {
            stamps.count();
            ByteBuffer in = ByteBuffer.allocate(event.length);
            in.put(event, 0, cut).flip();
            stamps.look(in);
            in.compact().put(event, cut, event.length - cut).flip();
            stamps.look(in);
            Histogram seen = stamps.counted();
            assertThat(seen.getTotalCount()).as("cut at %s", cut).isEqualTo(2);
            assertThat(seen.getMinValue()).isBetween(995L, 1_005L);
            assertThat(seen.getMaxValue()).isBetween(2_990L, 3_010L);
        }
    }

    @Test
    void nothingCountsBeforeAndAfter() {
        stamps.look(ByteBuffer.wrap(record(1).getBytes(StandardCharsets.US_ASCII)));
        stamps.count();
        assertThat(stamps.counted().getTotalCount()).isZero();
        stamps.look(ByteBuffer.wrap(record(1).getBytes(StandardCharsets.US_ASCII)));
        assertThat(stamps.counted().getTotalCount()).isZero();
    }

    private static String record(long stamp) {
        byte[] data = ByteBuffer.allocate(99).putLong(stamp).array();
        return "{\"SequenceNumber\":\"4957\",\"Data\":\"" + Base64.getEncoder().encodeToString(data) + "\"},";
    }
}
