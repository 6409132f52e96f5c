package io.millrace.streamcore.api.control;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.Map;

/** The operations of this package. */
public final class ControlOperations {
    private ControlOperations() {}

    /** Each of them by its name in the API. */
    public static Map<String, Operation> of(
            Streams streams, StreamAddress address, PageTokens tokens, InstantSource clock) {
        return Map.ofEntries(
                Map.entry("CreateStream", new CreateStream(streams)),
                Map.entry("DeleteStream", new DeleteStream(streams, address)),
                Map.entry("ListStreams", new ListStreams(streams, tokens)),
                Map.entry("DescribeStream", new DescribeStream(streams, address, clock)),
                Map.entry("DescribeStreamSummary", new DescribeStreamSummary(streams, address, clock)),
                Map.entry("DescribeLimits", new DescribeLimits(streams)),
                Map.entry("UpdateShardCount", new UpdateShardCount(streams, address)),
                Map.entry("ListShards", new ListShards(streams, address, tokens, clock)),
                Map.entry("SplitShard", new SplitShard(streams, address)),
                Map.entry("MergeShards", new MergeShards(streams, address)));
    }
}
