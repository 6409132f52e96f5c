package io.millrace.fanout.polling;

import io.millrace.fanout.SourceBatch;
import io.millrace.model.StreamRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The records of one shard that were read and not given out yet, page by page. Belongs to its source's event loop. */
final class PageBuffer {
    private final Deque<Page> pages = new ArrayDeque<>();
    private int given;

    /** Adds what a read found; an empty page is not kept. */
    void add(List<StreamRecord> records, long millisBehindLatest) {
        if (!records.isEmpty()) {
            pages.add(new Page(records, millisBehindLatest));
        }
    }

    boolean isEmpty() {
        return pages.isEmpty();
    }

    /** Takes the next records of one page, at most {@code most}. There must be some. */
    SourceBatch take(int most) {
        Page page = pages.element();
        int end = Math.min(given + most, page.records.size());
        SourceBatch batch = new SourceBatch(page.records.subList(given, end), page.millisBehindLatest);
        given = end;
        if (end == page.records.size()) {
            pages.remove();
            given = 0;
        }
        return batch;
    }

    void clear() {
        pages.clear();
        given = 0;
    }

    /** What records weigh: keys and payloads. */
    static long bytesOf(List<StreamRecord> records) {
        long bytes = 0;
        for (StreamRecord record : records) {
            bytes += record.data().size() + record.partitionKey().length();
        }
        return bytes;
    }

    private record Page(List<StreamRecord> records, long millisBehindLatest) {}
}
