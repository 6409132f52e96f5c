package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.util.Map;

/**
 * The names that stand in events and documents.
 *
 * @param functionArn the function
 * @param invokeIdentityArn in whose name it is called
 * @param streams the ARN of each stream, by the name that the worker knows it by; those of other accounts need not be there
 */
public record FunctionNames(String functionArn, String invokeIdentityArn, Map<StreamName, StreamArn> streams) {
    /** Checks the parts and copies the map. */
    public FunctionNames {
        requireNonNull(functionArn, "functionArn");
        requireNonNull(invokeIdentityArn, "invokeIdentityArn");
        streams = Map.copyOf(streams);
    }

    /** The names of a function of this name, in the account and region of one of the streams. */
    public static FunctionNames of(String function, Map<StreamName, StreamArn> streams) {
        StreamArn home = streams.values().iterator().next();
        String owner = "arn:" + home.partition();
        return new FunctionNames(
                owner + ":lambda:" + home.region() + ":" + home.account() + ":function:" + function,
                owner + ":iam::" + home.account() + ":role/" + function,
                streams);
    }

    /**
     * The ARN of a stream.
     *
     * @throws IllegalArgumentException if it is not known
     */
    public StreamArn stream(StreamName name) {
        StreamArn known = streams.get(name);
        if (known != null) {
            return known;
        }
        return name.arn()
                .orElseThrow(() -> new IllegalArgumentException("the ARN of stream " + name + " is not known"));
    }
}
