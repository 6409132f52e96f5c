package io.millrace.streamcore.log.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.log.LogBatch;
import io.millrace.streamcore.log.LogBatches;
import io.millrace.streamcore.log.NewBatches;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class BatchCacheTest {
    private static final int SIZE = "frame 00".length();

    @Test
    void framesAreKeptAndGoInOrderWhileTheirNumbersBeginAnew() throws IOException {
        FrameFile file =
                FrameFile.create(new FaultyFiles(), LogRig.FIRST_SEGMENT, 1, Frame.mark(FrameKind.STATE, -1, 0, 0));
        for (int before = 1; before < 40; before++) {
            for (int room : List.of(3, 8, 30)) {
                try (Segment segment = new Segment(new FaultyFiles(), 1, file, null, new SegmentIndex())) {
                    checkAround(segment, before, room);
                }
            }
        }
    }

    /** Adds frames of which some have numbers before the last one there is. */
    private static void checkAround(Segment segment, int before, int room) {
        BatchCache cache = new BatchCache((long) room * SIZE, -before);
        ShardIndex rows = new ShardIndex();
        for (int i = 0; i < 80; i++) {
            NewBatches frame = NewBatches.of(0, 1, LogBatches.payload(text(i)));
            int position = 1000 + i * SIZE;
            rows.add(i, 1, 0, position, SIZE, 0, cache.add(segment, frame, position));
            for (int row = 0; row <= i; row++) {
                LogBatch found = cache.find(segment, rows, row);
                assertThat(found == null ? List.of() : LogBatches.texts(found))
                        .as("%s of %s, %s before", row, i, before)
                        .isEqualTo(row <= i - room ? List.of() : List.of(text(row)));
            }
        }
    }

    private static String text(int frame) {
        return String.format(Locale.ROOT, "frame %02d", frame);
    }
}
