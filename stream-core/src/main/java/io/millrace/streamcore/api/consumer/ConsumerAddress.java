package io.millrace.streamcore.api.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.StreamException;
import io.millrace.streamcore.stream.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the consumer that a request names: by its ARN, or by its stream's ARN and its name. Safe for any thread. */
public final class ConsumerAddress {
    private static final Pattern ARN = Pattern.compile(
            "arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/([a-zA-Z0-9_.-]{1,128})/consumer/([a-zA-Z0-9_.-]+):(\\d{1,18})");

    private final Streams streams;
    private final StreamAddress address;

    /** Consumers of these streams. */
    public ConsumerAddress(Streams streams, StreamAddress address) {
        this.streams = requireNonNull(streams, "streams");
        this.address = requireNonNull(address, "address");
    }

    /** The consumer that the members ConsumerARN, or StreamARN and ConsumerName, name; if all are there they must agree. */
    ConsumerState consumer(Values input) {
        Optional<StreamName> stream = address.arn(input);
        Optional<String> name = input.text("ConsumerName");
        Optional<String> arn = input.text("ConsumerARN");
        if (arn.isEmpty()) {
            if (stream.isEmpty() || name.isEmpty()) {
                throw ApiException.invalidArgument(
                        "Either ConsumerARN, or both StreamARN and ConsumerName must be given.");
            }
            return streams.consumers().get(stream.get(), name.get());
        }
        ConsumerState found = byArn(arn.get());
        List<String> others = new ArrayList<>();
        if (!stream.orElse(found.stream()).equals(found.stream())) {
            others.add("StreamARN");
        }
        if (!name.orElse(found.name()).equals(found.name())) {
            others.add("ConsumerName");
        }
        if (!others.isEmpty()) {
            throw ApiException.invalidArgument("ConsumerARN and " + String.join(" and ", others)
                    + " name different consumers. Give ConsumerARN alone, or StreamARN and ConsumerName.");
        }
        return found;
    }

    /**
     * The consumer of an ARN as it is now.
     *
     * @throws ApiException if there is none, or the one of this name was registered at another time
     */
    public ConsumerState byArn(String arn) {
        Matcher parts = ARN.matcher(arn);
        if (!parts.matches()) {
            throw ApiException.notFound("Consumer " + arn + " not found.");
        }
        if (!address.isOwn(parts.group(1), parts.group(2))) {
            throw ApiException.notFound("Consumer " + arn + address.notFoundIn(parts.group(1)));
        }
        return find(new StreamName(parts.group(3)), parts.group(4))
                .filter(found -> found.createdSeconds() == Long.parseLong(parts.group(5)))
                .orElseThrow(() -> ApiException.notFound("Consumer " + arn + " not found."));
    }

    private Optional<ConsumerState> find(StreamName stream, String name) {
        try {
            return Optional.of(streams.consumers().get(stream, name));
        } catch (StreamException notThere) {
            return Optional.empty();
        }
    }
}
