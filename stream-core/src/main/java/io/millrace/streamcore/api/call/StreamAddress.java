package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.shape.Values;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the stream and the shard that a request means. */
public final class StreamAddress {
    private static final Pattern ARN = Pattern.compile("arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/(\\S+)");
    private static final Pattern SHARD_INDEX = Pattern.compile("(?:[^-]*-)?0*(\\d{1,10})");

    private static final String CONSUMER = "/consumer/";

    private final Account account;

    /** Finds streams of this account. */
    public StreamAddress(Account account) {
        this.account = account;
    }

    /** Whose streams they are. */
    public Account account() {
        return account;
    }

    /** The stream that a request names by name, by ARN, or by both if they agree. */
    public StreamName stream(Values input) {
        return optionalStream(input)
                .orElseThrow(() -> ApiException.invalidArgument("Either StreamName or StreamARN must be given."));
    }

    /** Like {@link #stream}, empty when the request has neither name nor ARN. */
    public Optional<StreamName> optionalStream(Values input) {
        Optional<StreamName> byName = input.text("StreamName").map(StreamName::new);
        Optional<StreamName> byArn = arn(input);
        if (byName.isPresent() && byArn.isPresent() && !byName.equals(byArn)) {
            throw ApiException.invalidArgument(
                    "StreamName " + byName.get() + " and StreamARN name different streams. Give one of them.");
        }
        return byArn.or(() -> byName);
    }

    /** The stream of a request's StreamARN. */
    public Optional<StreamName> arn(Values input) {
        return input.text("StreamARN").map(this::parseArn);
    }

    /** The stream of an operation that takes nothing but an ARN. */
    public StreamName streamByArn(Values input) {
        return arn(input).orElseThrow(() -> ApiException.invalidArgument("StreamARN must be given."));
    }

    /** What a request's ResourceARN means: a stream, or a consumer registered with it. */
    public Resource resource(Values input) {
        String arn = input.requiredText("ResourceARN");
        int consumer = arn.indexOf(CONSUMER);
        return consumer < 0
                ? new Resource(parseArn(arn), Optional.empty())
                : new Resource(parseArn(arn.substring(0, consumer)), Optional.of(arn));
    }

    /**
     * Something that has an ARN.
     *
     * @param stream the stream, the consumer's one if it is a consumer
     * @param consumerArn the ARN, if it is that of a consumer
     */
    public record Resource(StreamName stream, Optional<String> consumerArn) {
        /** Checks the parts. */
        public Resource {
            requireNonNull(stream, "stream");
            requireNonNull(consumerArn, "consumerArn");
        }
    }

    private StreamName parseArn(String arn) {
        Matcher parts = ARN.matcher(arn);
        if (!parts.matches()) {
            throw ApiException.invalidArgument("StreamARN " + arn + " is not the ARN of a stream.");
        }
        String name = parts.group(3);
        if (!parts.group(1).equals(account.region()) || !parts.group(2).equals(account.id())) {
            throw ApiException.notFound("Stream " + name + " under account " + parts.group(2) + " in region "
                    + parts.group(1) + " not found: this server has account " + account.id() + " in region "
                    + account.region() + ".");
        }
        try {
            return new StreamName(name);
        } catch (IllegalArgumentException badName) {
            throw ApiException.notFound("Stream " + name + " under account " + account.id() + " not found.");
        }
    }

    /** The shard that {@code text} means: the number after its first dash, or all of it, counts. */
    public ShardId shard(StreamName stream, String text) {
        Matcher index = SHARD_INDEX.matcher(text);
        if (index.matches()) {
            long number = Long.parseLong(index.group(1));
            if (number <= Integer.MAX_VALUE) {
                return ShardId.of((int) number);
            }
        }
        throw ApiException.notFound(
                "Could not find shard " + text + " in stream " + stream + " under account " + account.id() + ".");
    }
}
