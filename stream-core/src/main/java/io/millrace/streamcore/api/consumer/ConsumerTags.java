package io.millrace.streamcore.api.consumer;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.setting.TaggedConsumers;
import io.millrace.streamcore.stream.ConsumerState;
import io.millrace.streamcore.stream.StreamOptions;
import io.millrace.streamcore.stream.Streams;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The tags and policies of registered consumers. Safe for any thread. */
public final class ConsumerTags implements TaggedConsumers {
    private final Streams streams;
    private final ConsumerAddress consumers;

    /** Tags of the consumers of these streams. */
    public ConsumerTags(Streams streams, StreamAddress address) {
        this.streams = requireNonNull(streams, "streams");
        this.consumers = new ConsumerAddress(streams, address);
    }

    @Override
    public SortedMap<String, String> tags(String arn) {
        return new TreeMap<>(consumers.byArn(arn).tags());
    }

    @Override
    public CompletionStage<Void> addTags(String arn, Map<String, String> tags) {
        return change(arn, before -> {
            Map<String, String> all = new HashMap<>(before);
            all.putAll(tags);
            checkCount(arn, all);
            return all;
        });
    }

    @Override
    public CompletionStage<Void> removeTags(String arn, Collection<String> keys) {
        return change(arn, before -> {
            Map<String, String> left = new HashMap<>(before);
            left.keySet().removeAll(keys);
            return left;
        });
    }

    @Override
    public Optional<String> policy(String arn) {
        return consumers.byArn(arn).policy();
    }

    @Override
    public CompletionStage<Void> setPolicy(String arn, @Nullable String policy) {
        ConsumerState consumer = consumers.byArn(arn);
        return streams.consumers().setPolicy(consumer.stream(), consumer.name(), policy);
    }

    /** Refuses more tags than a resource can have. */
    static void checkCount(String consumer, Map<String, String> tags) {
        if (tags.size() > StreamOptions.MAX_TAGS) {
            throw new ApiException(
                    ErrorCode.LIMIT_EXCEEDED,
                    "Consumer " + consumer + " cannot have more than " + StreamOptions.MAX_TAGS + " tags.");
        }
    }

    private CompletionStage<Void> change(String arn, UnaryOperator<Map<String, String>> change) {
        ConsumerState consumer = consumers.byArn(arn);
        return streams.consumers().retag(consumer.stream(), consumer.name(), change);
    }
}
