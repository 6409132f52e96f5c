package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.account.Account;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the stream and the shard that a request means. */
public final class StreamAddress {
    private static final Pattern ARN = Pattern.compile("arn:aws[^:]*:kinesis:([^:]*):(\\d{12}):stream/([^\\s:]+)");
    private static final Pattern SHARD_INDEX = Pattern.compile("(?:[^-]*-)?0*(\\d{1,10})");

    private static final String CONSUMER = "/consumer/";

    private static final List<String> ARNS = List.of("StreamARN", "ConsumerARN", "ResourceARN");

    private final Account account;
    private final String ownArns;

    /** Finds streams of this account. */
    public StreamAddress(Account account) {
        this.account = account;
        this.ownArns = account.streamArns();
    }

    /** Whose streams they are. */
    public Account account() {
        return account;
    }

    /** The other account of this region that the first ARN of a request names; empty where it names none. */
    public Optional<Account> otherOwner(Values input) {
        for (String member : ARNS) {
            if (input.hasMember(member)) {
                Optional<String> arn = input.text(member);
                if (arn.isPresent()) {
                    return otherOwner(arn.get());
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Account> otherOwner(String arn) {
        if (arn.startsWith(ownArns)) {
            return Optional.empty();
        }
        Matcher parts = ARN.matcher(arn);
        return parts.matches()
                        && parts.group(1).equals(account.region())
                        && !parts.group(2).equals(account.id())
                ? Optional.of(new Account(parts.group(1), parts.group(2)))
                : Optional.empty();
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
        if (!isOwn(parts.group(1), parts.group(2))) {
            throw ApiException.notFound(
                    "Stream " + name + " under account " + parts.group(2) + notFoundIn(parts.group(1)));
        }
        try {
            return new StreamName(name);
        } catch (IllegalArgumentException badName) {
            throw ApiException.notFound("Stream " + name + " under account " + account.id() + " not found.");
        }
    }

    /** True for the region and the account whose streams these are. */
    public boolean isOwn(String region, String id) {
        return region.equals(account.region()) && id.equals(account.id());
    }

    /** The end of what is said of something that is not here: no ARN reaches into another region. */
    public String notFoundIn(String region) {
        return region.equals(account.region())
                ? " not found."
                : " not found: its ARN is of region " + region + ", and the request is signed for " + account.region()
                        + ".";
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
