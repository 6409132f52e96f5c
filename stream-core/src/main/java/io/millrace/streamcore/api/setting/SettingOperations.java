package io.millrace.streamcore.api.setting;

import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.stream.Streams;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/** The operations of this package. */
public final class SettingOperations {
    private SettingOperations() {}

    /** Each of them by its name in the API. */
    public static Map<String, Operation> of(
            Streams streams, StreamAddress address, TaggedConsumers consumers, InstantSource clock) {
        Map<String, Operation> operations = new HashMap<>();
        operations.putAll(new StreamSettings(streams, address).operations());
        operations.putAll(new TagOperations(streams, address, consumers).operations());
        operations.putAll(new PolicyOperations(streams, address, consumers).operations());
        operations.putAll(new AccountOperations(streams, clock).operations());
        return operations;
    }
}
