package io.millrace.streamcore.api.setting;

import io.millrace.streamcore.api.call.ApiException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Registered consumers as far as tags and policies go: resources of their own, known by their ARN. Safe for any thread;
 * methods fail as operations do when there is no such consumer.
 */
public interface TaggedConsumers {
    /** A server without consumers. */
    TaggedConsumers NONE = new TaggedConsumers() {
        @Override
        public SortedMap<String, String> tags(String arn) {
            throw notFound(arn);
        }

        @Override
        public CompletionStage<Void> addTags(String arn, Map<String, String> tags) {
            throw notFound(arn);
        }

        @Override
        public CompletionStage<Void> removeTags(String arn, Collection<String> keys) {
            throw notFound(arn);
        }

        @Override
        public Optional<String> policy(String arn) {
            throw notFound(arn);
        }

        @Override
        public CompletionStage<Void> setPolicy(String arn, @Nullable String policy) {
            throw notFound(arn);
        }
    };

    /** The tags of a consumer. */
    SortedMap<String, String> tags(String arn);

    /** Sets tags, beside the others. Completes when durable. */
    CompletionStage<Void> addTags(String arn, Map<String, String> tags);

    /** Takes the tags of these keys away, as far as there are any. Completes when durable. */
    CompletionStage<Void> removeTags(String arn, Collection<String> keys);

    /** The resource policy of a consumer. */
    Optional<String> policy(String arn);

    /** Gives a consumer this resource policy, or none. Completes when durable. */
    CompletionStage<Void> setPolicy(String arn, @Nullable String policy);

    /** What the service says when there is no such consumer. */
    static ApiException notFound(String arn) {
        return ApiException.notFound("Consumer " + arn + " not found.");
    }
}
