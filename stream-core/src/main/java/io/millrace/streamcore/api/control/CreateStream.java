package io.millrace.streamcore.api.control;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.Streams;
import java.util.concurrent.CompletionStage;

/** Makes a stream of a fixed number of shards. What this server cannot do yet it refuses, rather than forget it. */
final class CreateStream implements Operation {
    private final Streams streams;

    CreateStream(Streams streams) {
        this.streams = streams;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        boolean isOnDemand = input.structure("StreamModeDetails")
                .map(mode -> mode.requiredText("StreamMode").equals("ON_DEMAND"))
                .orElse(false);
        if (isOnDemand) {
            throw ApiException.validation("StreamMode ON_DEMAND is not supported by this server. Use PROVISIONED.");
        }
        if (!input.map("Tags").isEmpty()) {
            throw ApiException.validation("Tags are not supported by this server. Create the stream without them.");
        }
        if (input.whole("MaxRecordSizeInKiB").orElse(StreamAnswers.MAX_RECORD_KIB) != StreamAnswers.MAX_RECORD_KIB) {
            throw ApiException.validation("MaxRecordSizeInKiB other than " + StreamAnswers.MAX_RECORD_KIB
                    + " is not supported by this server.");
        }
        if (input.whole("WarmThroughputMiBps").orElse(0) != 0) {
            throw ApiException.validation("WarmThroughputMiBps needs a stream of mode ON_DEMAND.");
        }
        int shards = input.whole("ShardCount")
                .orElseThrow(
                        () -> ApiException.validation("ShardCount must be given for a stream of mode PROVISIONED."));
        return streams.create(new StreamName(input.requiredText("StreamName")), shards)
                .thenApply(done -> Content.NOTHING);
    }
}
