package io.millrace.fanout.kinesis;

import io.millrace.fanout.ShardIterator;
import io.millrace.fanout.ShardPage;
import io.millrace.model.Bytes;
import io.millrace.model.ChildShard;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Decodes the CBOR body of a GetRecords answer (GetRecords, Kinesis API). Belongs to one thread, for one answer. */
final class RecordsAnswer {
    private static final String DATA = "Data";
    private static final String KEY = "PartitionKey";
    private static final String NUMBER = "SequenceNumber";
    private static final String ARRIVAL = "ApproximateArrivalTimestamp";
    private static final List<CborReader.Name> NAMES =
            Stream.of(DATA, KEY, NUMBER, ARRIVAL).map(CborReader.Name::new).toList();

    private final CborReader in;
    private final List<StreamRecord> records = new ArrayList<>();
    private final List<ChildShard> children = new ArrayList<>();
    private @Nullable String next;
    private long behind;

    // Of the record, or of the child, that is read now.
    private @Nullable String key;
    private @Nullable String number;
    private Bytes data = Bytes.empty();
    private @Nullable Instant arrival;

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
            case "ChildShards" -> in.list(() -> children.add(new Child().read()));
            default -> in.skip();
        }
    }

    private void record() {
        key = null;
        number = null;
        data = Bytes.empty();
        arrival = null;
        in.map(this::memberOfRecord);
        records.add(new StreamRecord(
                RecordPosition.of(SequenceNumber.parse(given(number, NUMBER))),
                given(key, KEY),
                data,
                given(arrival, ARRIVAL)));
    }

    private void memberOfRecord(String name) {
        if (in.isNull()) {
            return;
        }
        switch (name) {
            case DATA -> data = Bytes.wrap(in.bytes());
            case KEY -> key = in.text();
            case NUMBER -> number = in.text();
            case ARRIVAL -> arrival = in.time();
            default -> in.skip();
        }
    }

    private static <T> T given(@Nullable T value, String name) {
        if (value == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return value;
    }

    /** A child of the shard that was read out. */
    private final class Child {
        private @Nullable String id;
        private final List<ShardId> parents = new ArrayList<>();
        private @Nullable String start;
        private @Nullable String end;

        ChildShard read() {
            in.map(this::member);
            return new ChildShard(
                    new ShardId(given(id, "ShardId")),
                    parents,
                    new HashKeyRange(
                            HashKey.parse(given(start, "StartingHashKey")),
                            HashKey.parse(given(end, "EndingHashKey"))));
        }

        private void member(String name) {
            switch (name) {
                case "ShardId" -> id = in.text();
                case "ParentShards" -> in.list(() -> parents.add(new ShardId(in.text())));
                case "HashKeyRange" -> in.map(this::bound);
                default -> in.skip();
            }
        }

        private void bound(String name) {
            switch (name) {
                case "StartingHashKey" -> start = in.text();
                case "EndingHashKey" -> end = in.text();
                default -> in.skip();
            }
        }
    }
}
