package io.millrace.streamcore.api.control;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.Tags;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamOptions;
import io.millrace.streamcore.stream.StreamOptions.Distribution;
import io.millrace.streamcore.stream.StreamOptions.Mode;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.scale.LoadScaling;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;

/** Makes a stream of a given number of shards, or an on-demand one. */
final class CreateStream implements Operation {
    private final Streams streams;

    CreateStream(Streams streams) {
        this.streams = streams;
    }

    @Override
    public CompletionStage<Content> run(Values input) {
        StreamName name = new StreamName(input.requiredText("StreamName"));
        Mode mode = input.structure("StreamModeDetails")
                .map(details -> Mode.valueOf(details.requiredText("StreamMode")))
                .orElse(Mode.PROVISIONED);
        int warm = input.whole("WarmThroughputMiBps").orElse(0);
        Map<String, String> tags = input.map("Tags");
        Tags.check(tags);
        if (tags.size() > StreamOptions.MAX_TAGS) {
            throw ApiException.invalidArgument("Failed to add tags to stream " + name
                    + " because a given stream cannot have more than " + StreamOptions.MAX_TAGS
                    + " tags associated with it.");
        }
        int shards = shards(mode, warm, input.whole("ShardCount"));
        StreamOptions options = StreamOptions.DEFAULTS
                .withMode(mode)
                .withMaxRecordKib(input.whole("MaxRecordSizeInKiB").orElse(StreamOptions.MIN_RECORD_KIB))
                .withTags(tags)
                .withWarmMibps(warm)
                .withDistribution(distribution(mode, input));
        return streams.create(name, options, shards).thenApply(done -> Content.NOTHING);
    }

    private static Distribution distribution(Mode mode, Values input) {
        Distribution asked = input.text("RecordDistributionStrategy")
                .map(Distribution::valueOf)
                .orElse(Distribution.USER_PARTITION_KEY);
        if (asked == Distribution.AUTO && mode != Mode.ON_DEMAND) {
            throw ApiException.validation("RecordDistributionStrategy AUTO needs a stream of mode ON_DEMAND.");
        }
        return asked;
    }

    private static int shards(Mode mode, int warm, OptionalInt asked) {
        if (mode == Mode.PROVISIONED) {
            if (warm > 0) {
                throw ApiException.validation("WarmThroughputMiBps needs a stream of mode ON_DEMAND.");
            }
            return asked.orElseThrow(
                    () -> ApiException.validation("ShardCount must be given for a stream of mode PROVISIONED."));
        }
        if (asked.isPresent()) {
            throw ApiException.validation(
                    "ShardCount cannot be given for a stream of mode ON_DEMAND: its shards follow the load.");
        }
        if (warm > StreamOptions.MAX_WARM_MIBPS) {
            throw ApiException.validation(
                    "WarmThroughputMiBps is at most " + StreamOptions.MAX_WARM_MIBPS + ", not " + warm + ".");
        }
        return Math.max(LoadScaling.FIRST_SHARDS, warm);
    }
}
