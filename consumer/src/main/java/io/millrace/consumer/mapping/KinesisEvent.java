package io.millrace.consumer.mapping;

import io.millrace.consumer.letters.AsciiJson;
import io.millrace.model.ShardId;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The event that AWS Lambda calls a function with: compact JSON in ASCII alone, members in the order of its documentation. Pure functions. */
public final class KinesisEvent {
    /** More than the members of a record besides its data and key usually take. */
    private static final int USUAL = 700;

    private KinesisEvent() {}

    /** The event of an invocation. */
    public static String of(Invocation invocation, FunctionNames names) {
        return of(
                invocation.shard().stream(),
                invocation.shard().shard(),
                invocation.records(),
                invocation.windowOrNull(),
                names);
    }

    static String of(
            StreamName stream,
            ShardId shard,
            List<StreamRecord> records,
            @Nullable TumblingWindow window,
            FunctionNames names) {
        StreamArn arn = names.stream(stream);
        StringBuilder rest = new StringBuilder(USUAL);
        rest.append(",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":");
        AsciiJson.string(rest, names.invokeIdentityArn()).append(",\"awsRegion\":");
        AsciiJson.string(rest, arn.region()).append(",\"eventSourceARN\":");
        AsciiJson.string(rest, arn.toString()).append('}');
        StringBuilder json = new StringBuilder(1_000 + sizeOf(records)).append("{\"Records\":[");
        for (int i = 0; i < records.size(); i++) {
            json.append(i == 0 ? "{" : ",{");
            record(json, records.get(i), shard);
            json.append(rest);
        }
        json.append(']');
        if (window != null) {
            window(json, window, shard, arn);
        }
        return json.append('}').toString();
    }

    private static int sizeOf(List<StreamRecord> records) {
        long size = 0;
        for (StreamRecord record : records) {
            size += USUAL + record.data().size() / 3 * 4L;
        }
        return (int) Math.min(size, 64 << 20);
    }

    private static void record(StringBuilder json, StreamRecord record, ShardId shard) {
        json.append("\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":");
        AsciiJson.string(json, record.partitionKey());
        json.append(",\"sequenceNumber\":\"").append(record.sequenceNumber());
        json.append("\",\"data\":\"")
                .append(Base64.getEncoder().encodeToString(record.data().toByteArray()));
        json.append("\",\"approximateArrivalTimestamp\":");
        seconds(json, record.arrival().toEpochMilli());
        json.append("},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":\"");
        json.append(shard).append(':').append(record.sequenceNumber()).append('"');
    }

    /** As a number with three places. */
    static void seconds(StringBuilder json, long millis) {
        String fraction = Long.toString(1_000 + Math.floorMod(millis, 1_000L));
        json.append(Math.floorDiv(millis, 1_000L)).append('.').append(fraction, 1, 4);
    }

    private static void window(StringBuilder json, TumblingWindow window, ShardId shard, StreamArn arn) {
        json.append(",\"window\":{\"start\":\"").append(window.start());
        json.append("\",\"end\":\"").append(window.end());
        json.append("\"},\"state\":").append(window.state());
        json.append(",\"shardId\":");
        AsciiJson.string(json, shard.value()).append(",\"eventSourceARN\":");
        AsciiJson.string(json, arn.toString());
        json.append(",\"isFinalInvokeForWindow\":").append(window.isFinal());
        json.append(",\"isWindowTerminatedEarly\":").append(window.isTerminatedEarly());
    }
}
