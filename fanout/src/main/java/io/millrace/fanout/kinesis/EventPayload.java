package io.millrace.fanout.kinesis;

import io.millrace.model.ChildShard;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the JSON of an event of records (SubscribeToShardEvent, Kinesis API). Belongs to one thread, for one event. Records are
 * read by plain loops: what is called for each of them decides what a worker costs.
 */
final class EventPayload {
    private static final byte[] RECORDS = name("Records");
    private static final byte[] CONTINUATION = name("ContinuationSequenceNumber");
    private static final byte[] BEHIND = name("MillisBehindLatest");
    private static final byte[] CHILDREN = name("ChildShards");
    private static final byte[] DATA = name(RecordParts.DATA);
    private static final byte[] KEY = name(RecordParts.KEY);
    private static final byte[] NUMBER = name(RecordParts.NUMBER);
    private static final byte[] ARRIVAL = name(RecordParts.ARRIVAL);
    private static final byte[] SHARD = name("ShardId");
    private static final byte[] PARENTS = name("ParentShards");
    private static final byte[] RANGE = name("HashKeyRange");
    private static final byte[] START = name("StartingHashKey");
    private static final byte[] END = name("EndingHashKey");

    private final JsonReader in;
    private final RecordParts record = new RecordParts();
    private final List<StreamRecord> records = new ArrayList<>();
    private final List<ChildShard> children = new ArrayList<>();
    private @Nullable SequenceNumber continuation;
    private long behind;

    private EventPayload(JsonReader in) {
        this.in = in;
    }

    /**
     * The event that {@code in} holds.
     *
     * @throws IllegalArgumentException if it holds none
     */
    static SubscriptionEvent read(JsonReader in) {
        return new EventPayload(in).read();
    }

    private SubscriptionEvent read() {
        in.beginObject();
        while (in.hasMember()) {
            in.name();
            if (!skipped(RECORDS, CONTINUATION, BEHIND, CHILDREN)) {
                member();
            }
        }
        return new SubscriptionEvent(records, continuation, behind, children);
    }

    private void member() {
        if (in.isName(RECORDS)) {
            in.beginList();
            while (in.hasElement()) {
                record();
            }
        } else if (in.isName(CONTINUATION)) {
            continuation = in.sequenceNumber();
        } else if (in.isName(BEHIND)) {
            behind = in.integer();
        } else {
            in.beginList();
            while (in.hasElement()) {
                children.add(child());
            }
        }
    }

    private void record() {
        record.begin();
        in.beginObject();
        while (in.hasMember()) {
            in.name();
            if (in.isName(NUMBER)) {
                if (!in.isNull()) {
                    record.number(in.sequenceNumber());
                }
            } else if (in.isName(ARRIVAL)) {
                if (!in.isNull()) {
                    record.arrival(in.timeMillis());
                }
            } else if (in.isName(DATA)) {
                if (!in.isNull()) {
                    record.data(in.base64());
                }
            } else if (in.isName(KEY)) {
                if (!in.isNull()) {
                    record.key(in.text());
                }
            } else {
                in.skip();
            }
        }
        records.add(record.end());
    }

    private ChildShard child() {
        ChildParts child = new ChildParts();
        in.beginObject();
        while (in.hasMember()) {
            in.name();
            if (skipped(SHARD, PARENTS, RANGE)) {
                continue;
            }
            if (in.isName(SHARD)) {
                child.id(in.text());
            } else if (in.isName(PARENTS)) {
                in.beginList();
                while (in.hasElement()) {
                    child.parent(in.text());
                }
            } else {
                range(child);
            }
        }
        return child.end();
    }

    private void range(ChildParts child) {
        in.beginObject();
        while (in.hasMember()) {
            in.name();
            if (skipped(START, END)) {
                continue;
            }
            if (in.isName(START)) {
                child.start(in.text());
            } else {
                child.end(in.text());
            }
        }
    }

    /** Passes over the value of a member that has none of these names, or is null. */
    private boolean skipped(byte[]... known) {
        for (byte[] name : known) {
            if (in.isName(name)) {
                return in.isNull();
            }
        }
        in.skip();
        return true;
    }

    private static byte[] name(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
