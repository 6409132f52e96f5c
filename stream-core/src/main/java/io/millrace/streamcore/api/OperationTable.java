package io.millrace.streamcore.api;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.api.consumer.ConsumerOperations;
import io.millrace.streamcore.api.consumer.ConsumerTags;
import io.millrace.streamcore.api.control.ControlOperations;
import io.millrace.streamcore.api.data.DataOperations;
import io.millrace.streamcore.api.input.ServiceInputs;
import io.millrace.streamcore.api.operate.CallProbe;
import io.millrace.streamcore.api.operate.CallRates;
import io.millrace.streamcore.api.push.PushOperations;
import io.millrace.streamcore.api.setting.SettingOperations;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.account.Account;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The operations that this server knows, on the streams of one account, each with all it takes. A new operation is one class, one entry in the list of
 * its package, and its input in {@link ServiceInputs}.
 */
final class OperationTable {
    private final Map<String, Entry> entries = new HashMap<>();

    OperationTable(
            Streams streams,
            Account account,
            TokenSeal seal,
            InstantSource clock,
            ApiOptions options,
            PushOperations push) {
        StreamAddress address = new StreamAddress(account);
        Map<String, Operation> operations = new HashMap<>();
        operations.putAll(ControlOperations.of(streams, address, new PageTokens(seal, clock), clock));
        operations.putAll(SettingOperations.of(streams, address, new ConsumerTags(streams, address), clock));
        operations.putAll(DataOperations.of(streams, address, seal, clock, options.faults()));
        operations.putAll(ConsumerOperations.of(streams, address, new PageTokens(seal, clock)));
        operations.putAll(push.of(streams, address));
        Map<String, Structure> inputs = ServiceInputs.all();
        if (!inputs.keySet().equals(operations.keySet())) {
            throw new IllegalStateException("operations " + operations.keySet() + " and inputs " + inputs.keySet());
        }
        CallRates rates = new CallRates(streams.quotas(), account);
        operations.forEach((name, operation) -> entries.put(
                name,
                new Entry(
                        requireNonNull(inputs.get(name)),
                        rates.in(name, options.faults().in(name, operation)),
                        options.probes().of(name))));
        for (String name : ServiceInputs.unsupported()) {
            Operation refusal = input -> {
                throw new ApiException(
                        ErrorCode.UNKNOWN_OPERATION, name + " is not supported: this server has no channels.");
            };
            entries.put(
                    name, new Entry(Structure.EMPTY, refusal, options.probes().of(name)));
        }
    }

    /** The operation of this name. */
    Optional<Entry> find(String name) {
        return Optional.ofNullable(entries.get(name));
    }

    /** An operation, what it takes, and who hears of its calls. */
    record Entry(Structure input, Operation operation, CallProbe probe) {}
}
