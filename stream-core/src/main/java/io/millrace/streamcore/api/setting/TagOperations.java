package io.millrace.streamcore.api.setting;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAddress.Resource;
import io.millrace.streamcore.api.call.Tags;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.Streams;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Tags: the older operations for streams, the newer ones for all resources. */
final class TagOperations {
    /** The service's default, and the most it ever answers. */
    private static final int MOST = 50;

    private final Streams streams;
    private final StreamAddress address;
    private final TaggedConsumers consumers;

    TagOperations(Streams streams, StreamAddress address, TaggedConsumers consumers) {
        this.streams = streams;
        this.address = address;
        this.consumers = consumers;
    }

    Map<String, Operation> operations() {
        return Map.of(
                "AddTagsToStream", this::addToStream,
                "RemoveTagsFromStream", this::removeFromStream,
                "ListTagsForStream", this::listOfStream,
                "TagResource", this::addToResource,
                "UntagResource", this::removeFromResource,
                "ListTagsForResource", this::listOfResource);
    }

    private CompletionStage<Operation.Content> addToStream(Values input) {
        return nothing(add(new Resource(address.stream(input), Optional.empty()), input));
    }

    private CompletionStage<Operation.Content> addToResource(Values input) {
        return nothing(add(address.resource(input), input));
    }

    private CompletionStage<Operation.Content> removeFromStream(Values input) {
        return nothing(remove(new Resource(address.stream(input), Optional.empty()), input));
    }

    private CompletionStage<Operation.Content> removeFromResource(Values input) {
        return nothing(remove(address.resource(input), input));
    }

    private CompletionStage<?> add(Resource resource, Values input) {
        Map<String, String> tags = input.map("Tags");
        Tags.check(tags);
        return resource.consumerArn().isPresent()
                ? consumers.addTags(resource.consumerArn().get(), tags)
                : streams.change(resource.stream(), StreamChange.moreTags(tags));
    }

    private CompletionStage<?> remove(Resource resource, Values input) {
        List<String> keys = input.texts("TagKeys");
        Tags.checkKeys(keys);
        return resource.consumerArn().isPresent()
                ? consumers.removeTags(resource.consumerArn().get(), keys)
                : streams.change(resource.stream(), StreamChange.fewerTags(keys));
    }

    private CompletionStage<Operation.Content> listOfStream(Values input) {
        StreamName stream = address.stream(input);
        SortedMap<String, String> tags = streams.get(stream).options().tags();
        int limit = input.whole("Limit").orElse(MOST);
        String after = input.text("ExclusiveStartTagKey").orElse("");
        TreeMap<String, String> page = new TreeMap<>();
        boolean hasMore = false;
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            if (tag.getKey().compareTo(after) > 0) {
                hasMore = page.size() == limit;
                if (hasMore) {
                    break;
                }
                page.put(tag.getKey(), tag.getValue());
            }
        }
        boolean more = hasMore;
        return CompletableFuture.completedFuture(out -> {
            out.start();
            Tags.write(out, page);
            out.flag("HasMoreTags", more).end();
        });
    }

    private CompletionStage<Operation.Content> listOfResource(Values input) {
        Resource resource = address.resource(input);
        SortedMap<String, String> tags = resource.consumerArn().isPresent()
                ? consumers.tags(resource.consumerArn().get())
                : streams.get(resource.stream()).options().tags();
        return CompletableFuture.completedFuture(out -> {
            out.start();
            Tags.write(out, tags);
            out.end();
        });
    }

    private static CompletionStage<Operation.Content> nothing(CompletionStage<?> done) {
        return done.thenApply(ok -> Operation.Content.NOTHING);
    }
}
