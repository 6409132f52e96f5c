package io.millrace.streamcore.api.data;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.faults.Faults;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** The operations of this package. */
public final class DataOperations {
    private DataOperations() {}

    /** Each of them by its name in the API. */
    public static Map<String, Operation> of(
            Streams streams, StreamAddress address, TokenSeal seal, InstantSource clock, Faults faults) {
        PutRecords.Puts puts = faults.ofRecords()
                .<PutRecords.Puts>map(some -> (stream, records) -> some.put(streams, stream, records))
                .orElse(streams::put);
        ShardIterators iterators = new ShardIterators(seal, clock);
        return Map.of(
                "PutRecord", new PutRecord(streams, address, clock),
                "PutRecords", new PutRecords(streams, puts, address),
                "GetShardIterator", new GetShardIterator(streams, address, iterators, clock),
                "GetRecords", new GetRecords(streams, address, iterators));
    }

    /** The stream that a shard iterator reads, however old it is; empty if it is not of this seal. */
    public static Optional<String> streamOfIterator(TokenSeal seal, String iterator) {
        return ShardIterators.streamOf(seal, iterator);
    }
}
