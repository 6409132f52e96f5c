package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.model.ChildShard;
import io.millrace.model.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the CBOR body of a GetRecords answer (GetRecords, Kinesis API). Belongs to one thread, for one answer. Records are read by
 * plain loops: what is called for each of them decides what a worker costs.
 */
final class RecordsAnswer {
    private static final int DATA = 0;
    private static final int KEY = 1;
    private static final int NUMBER = 2;
    private static final int ARRIVAL = 3;
    /** In the order of their constants. */
    private static final List<CborReader.Name> NAMES = Stream.of(
                    RecordParts.DATA, RecordParts.KEY, RecordParts.NUMBER, RecordParts.ARRIVAL)
            .map(CborReader.Name::new)
            .toList();

    private final CborReader in;
    private final RecordParts record = new RecordParts();
    private final List<StreamRecord> records = new ArrayList<>();
    private final List<ChildShard> children = new ArrayList<>();
    private @Nullable String next;
    private long behind;

    private RecordsAnswer(byte[] body) {
        this.in = new CborReader(body, NAMES);
    }

    /**
     * The page that an answer holds.
     *
     * @throws IllegalArgumentException if it holds none
     */
    static ShardPage page(byte[] body) {
        return new RecordsAnswer(body).read();
    }

    private ShardPage read() {
        in.map(this::member);
        return new ShardPage(records, next == null ? null : new ShardIterator(next), behind, children);
    }

    private void member(String name) {
        if (in.isNull()) {
            return;
        }
        switch (name) {
            case "Records" -> in.list(this::record);
            case "NextShardIterator" -> next = in.text();
            case "MillisBehindLatest" -> behind = in.integer();
            case "ChildShards" -> in.list(() -> children.add(child()));
            default -> in.skip();
        }
    }

    private void record() {
        record.begin();
        int members = in.beginMap();
        for (int i = 0; in.hasMore(i, members); i++) {
            int name = in.frequentName();
            if (!in.isNull()) {
                memberOfRecord(name);
            }
        }
        records.add(record.end());
    }

    private void memberOfRecord(int name) {
        switch (name) {
            case DATA -> record.data(in.bytes());
            case KEY -> record.key(in.text());
            case NUMBER -> record.number(in.sequenceNumber());
            case ARRIVAL -> record.arrival(in.timeMillis());
            default -> in.skip();
        }
    }

    private ChildShard child() {
        ChildParts child = new ChildParts();
        in.map(name -> {
            switch (name) {
                case "ShardId" -> child.id(in.text());
                case "ParentShards" -> in.list(() -> child.parent(in.text()));
                case "HashKeyRange" ->
                    in.map(bound -> {
                        switch (bound) {
                            case "StartingHashKey" -> child.start(in.text());
                            case "EndingHashKey" -> child.end(in.text());
                            default -> in.skip();
                        }
                    });
                default -> in.skip();
            }
        });
        return child.end();
    }
}
