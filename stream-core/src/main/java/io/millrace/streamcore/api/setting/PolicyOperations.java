package io.millrace.streamcore.api.setting;

import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAddress.Resource;
import io.millrace.streamcore.api.policy.ResourcePolicy;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.Streams;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Resource policies of streams and consumers. Who asks is judged by them before an operation runs, not here. */
final class PolicyOperations {
    /** The service's limit for a policy. */
    private static final int MOST_BYTES = 20 << 10;

    private final Streams streams;
    private final StreamAddress address;
    private final TaggedConsumers consumers;

    PolicyOperations(Streams streams, StreamAddress address, TaggedConsumers consumers) {
        this.streams = streams;
        this.consumers = consumers;
        this.address = address;
    }

    Map<String, Operation> operations() {
        return Map.of(
                "PutResourcePolicy", this::put, "GetResourcePolicy", this::get, "DeleteResourcePolicy", this::delete);
    }

    private CompletionStage<Operation.Content> put(Values input) {
        String policy = input.requiredText("Policy");
        if (policy.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            throw new ApiException(ErrorCode.LIMIT_EXCEEDED, "A resource policy has at most " + MOST_BYTES + " bytes.");
        }
        try {
            ResourcePolicy.parse(policy);
        } catch (IllegalArgumentException notValid) {
            throw ApiException.invalidArgument(String.valueOf(notValid.getMessage()));
        }
        return set(address.resource(input), policy);
    }

    private CompletionStage<Operation.Content> get(Values input) {
        Resource resource = address.resource(input);
        Optional<String> kept = resource.consumerArn().isPresent()
                ? consumers.policy(resource.consumerArn().get())
                : streams.get(resource.stream()).options().policy();
        String policy = kept.orElseThrow(() ->
                ApiException.notFound("Resource " + input.requiredText("ResourceARN") + " has no resource policy."));
        return CompletableFuture.completedFuture(
                out -> out.start().text("Policy", policy).end());
    }

    private CompletionStage<Operation.Content> delete(Values input) {
        return set(address.resource(input), null);
    }

    private CompletionStage<Operation.Content> set(Resource resource, @Nullable String policy) {
        CompletionStage<?> done = resource.consumerArn().isPresent()
                ? consumers.setPolicy(resource.consumerArn().get(), policy)
                : streams.change(resource.stream(), StreamChange.policy(policy));
        return done.thenApply(ok -> Operation.Content.NOTHING);
    }
}
