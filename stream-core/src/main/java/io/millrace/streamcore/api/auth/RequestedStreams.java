package io.millrace.streamcore.api.auth;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.shape.Values;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the streams, and consumers of them, that a request concerns, by every member that can name one. Safe for any thread.
 *
 * <p>An operation resolves its stream by itself, later and by its own rules. So all that are named count here, and an ARN
 * that is of no known form counts as naming them all.
 */
public final class RequestedStreams {
    private static final List<String> NAMES = List.of("StreamName");
    private static final List<String> ARNS = List.of("StreamARN", "ResourceARN", "ConsumerARN");
    private static final List<String> ITERATORS = List.of("ShardIterator");
    private static final List<String> PAGES = List.of("NextToken");
    private static final Pattern ARN =
            Pattern.compile("arn:aws[^:/]*:kinesis:[^:/]*:\\d{12}:stream/([^:/]+)(?:/consumer/([^:/]+)[^/]*)?");

    private final Function<String, Optional<String>> streamOfIterator;
    private final Function<String, Optional<String>> streamOfPage;

    /**
     * Looks into tokens by these functions.
     *
     * @param streamOfIterator the stream in a shard iterator, however old; empty if this server did not make it
     * @param streamOfPage the same for the page tokens of what belongs to a stream
     */
    public RequestedStreams(
            Function<String, Optional<String>> streamOfIterator, Function<String, Optional<String>> streamOfPage) {
        this.streamOfIterator = requireNonNull(streamOfIterator, "streamOfIterator");
        this.streamOfPage = requireNonNull(streamOfPage, "streamOfPage");
    }

    /** The streams that {@code input} names. */
    public Found in(Values input) {
        Set<String> streams = new LinkedHashSet<>();
        Set<Consumer> consumers = new LinkedHashSet<>();
        boolean isClear = true;
        boolean hasToken = false;
        for (String member : NAMES) {
            text(input, member).ifPresent(streams::add);
        }
        for (String member : ARNS) {
            Optional<String> arn = text(input, member);
            if (arn.isPresent()) {
                Matcher parts = ARN.matcher(arn.get());
                isClear &= parts.matches();
                if (parts.matches()) {
                    streams.add(parts.group(1));
                    consumer(parts, input).ifPresent(consumers::add);
                }
            }
        }
        if (isAboutOneStream(input)) {
            for (String member : ITERATORS) {
                hasToken |= text(input, member).isPresent();
                text(input, member).flatMap(streamOfIterator).ifPresent(streams::add);
            }
            for (String member : PAGES) {
                hasToken |= text(input, member).isPresent();
                text(input, member).flatMap(streamOfPage).ifPresent(streams::add);
            }
        }
        return new Found(streams, consumers, isClear, hasToken);
    }

    /** The consumer of an ARN, or the one of that name on the stream of the ARN. */
    private static Optional<Consumer> consumer(Matcher arn, Values input) {
        return Optional.ofNullable(arn.group(2))
                .or(() -> text(input, "ConsumerName"))
                .map(name -> new Consumer(arn.group(1), name));
    }

    /** False for what concerns the account, such as the list of all streams, whose tokens belong to no stream. */
    private static boolean isAboutOneStream(Values input) {
        return Stream.concat(NAMES.stream(), ARNS.stream()).anyMatch(input::hasMember);
    }

    private static Optional<String> text(Values input, String member) {
        return input.hasMember(member) ? input.text(member) : Optional.empty();
    }

    /**
     * What was found.
     *
     * @param streams their names
     * @param consumers the consumers of them that are named
     * @param isClear false when something names a stream in a way that is not understood
     * @param hasToken whether the request carries a token, which names a stream or is refused by the operation
     */
    public record Found(Set<String> streams, Set<Consumer> consumers, boolean isClear, boolean hasToken) {
        /** Copies the sets. */
        public Found {
            streams = Set.copyOf(streams);
            consumers = Set.copyOf(consumers);
        }
    }

    /**
     * A consumer that is named, whether there is one or not.
     *
     * @param stream the stream it would be registered with
     * @param name its name
     */
    public record Consumer(String stream, String name) {}
}
