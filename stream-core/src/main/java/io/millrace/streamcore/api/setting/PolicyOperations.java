package io.millrace.streamcore.api.setting;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAddress.Resource;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Resource policies of streams: kept and told, not enforced. */
final class PolicyOperations {
    /** The service's limit for a policy. */
    private static final int MOST_BYTES = 20 << 10;

    private final Streams streams;
    private final StreamAddress address;
    private final JsonFactory json = new JsonFactory();

    PolicyOperations(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    Map<String, Operation> operations() {
        return Map.of(
                "PutResourcePolicy", this::put, "GetResourcePolicy", this::get, "DeleteResourcePolicy", this::delete);
    }

    private CompletionStage<Operation.Content> put(Values input) {
        StreamName stream = stream(input);
        String policy = input.requiredText("Policy");
        if (policy.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
            throw new ApiException(ErrorCode.LIMIT_EXCEEDED, "A resource policy has at most " + MOST_BYTES + " bytes.");
        }
        if (!isJsonObject(policy)) {
            throw ApiException.invalidArgument("Policy is not a JSON object.");
        }
        return streams.change(stream, StreamChange.policy(policy)).thenApply(done -> Operation.Content.NOTHING);
    }

    private CompletionStage<Operation.Content> get(Values input) {
        String policy = streams.get(stream(input))
                .options()
                .policy()
                .orElseThrow(() -> ApiException.notFound(
                        "Resource " + input.requiredText("ResourceARN") + " has no resource policy."));
        return CompletableFuture.completedFuture(
                out -> out.start().text("Policy", policy).end());
    }

    private CompletionStage<Operation.Content> delete(Values input) {
        return streams.change(stream(input), StreamChange.policy(null)).thenApply(done -> Operation.Content.NOTHING);
    }

    private StreamName stream(Values input) {
        Resource resource = address.resource(input);
        resource.consumerArn().ifPresent(arn -> {
            throw ApiException.invalidArgument(
                    "Resource policies of consumers are not supported by this server: " + arn);
        });
        return resource.stream();
    }

    private boolean isJsonObject(String text) {
        try (JsonParser parser = json.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return false;
            }
            parser.skipChildren();
            return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }
}
