package io.millrace.fanout.kinesis;

import org.jspecify.annotations.Nullable;

/** Writes the body of a GetRecords request (GetRecords, Kinesis API). Pure functions. */
final class RecordsRequest {
    private RecordsRequest() {}

    static byte[] body(String iterator, int limit, @Nullable String streamArn) {
        CborWriter body = new CborWriter().member("ShardIterator", iterator).member("Limit", limit);
        return (streamArn == null ? body : body.member("StreamARN", streamArn)).map();
    }
}
