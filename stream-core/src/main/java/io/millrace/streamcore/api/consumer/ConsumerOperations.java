package io.millrace.streamcore.api.consumer;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.util.Map;

/** The operations of this package. */
public final class ConsumerOperations {
    private ConsumerOperations() {}

    /** Each of them by its name in the API. */
    public static Map<String, Operation> of(Streams streams, StreamAddress address, PageTokens tokens) {
        ConsumerAddress consumers = new ConsumerAddress(streams, address);
        return Map.of(
                "RegisterStreamConsumer", new RegisterStreamConsumer(streams, address),
                "DescribeStreamConsumer", new DescribeStreamConsumer(consumers),
                "ListStreamConsumers", new ListStreamConsumers(streams, address, tokens),
                "DeregisterStreamConsumer", new DeregisterStreamConsumer(streams, consumers));
    }
}
