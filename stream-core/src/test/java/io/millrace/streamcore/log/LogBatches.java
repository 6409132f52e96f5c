package io.millrace.streamcore.log;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Batches as a log would give them, for tests of what reads them. */
public final class LogBatches {
    private LogBatches() {}

    /** A batch of these parts. */
    public static LogBatch of(long firstIndex, int count, long timeMillis, ByteBuffer payload) {
        byte[] bytes = Bytes.copyOf(payload).toByteArray();
        return new LogBatch(firstIndex, count, timeMillis, bytes, 0, bytes.length);
    }

    /** A batch of texts, none of which holds a line break. */
    public static ByteBuffer payload(String... records) {
        return Bytes.utf8(String.join("\n", records)).asByteBuffer();
    }

    /** Single batches as one append. */
    public static NewBatches together(NewBatches... singles) {
        int length = Arrays.stream(singles).mapToInt(NewBatches::totalLength).sum();
        ByteBuffer bytes = ByteBuffer.allocate(length);
        NewBatches all = new NewBatches(singles.length, bytes.array());
        for (NewBatches single : singles) {
            bytes.put(single.bytes(), single.from(0), single.length(0));
            all.add(single.shard(0), single.count(0), single.length(0));
        }
        return all;
    }

    /** The texts of a batch made by {@link #payload}. */
    public static List<String> texts(LogBatch batch) {
        List<String> texts = List.of(Bytes.copyOf(batch.payload()).toUtf8().split("\n", -1));
        if (texts.size() != batch.count()) {
            throw new AssertionError("a batch of " + batch.count() + " holds " + texts.size());
        }
        return texts;
    }
}
