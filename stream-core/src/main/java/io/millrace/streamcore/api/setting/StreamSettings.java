package io.millrace.streamcore.api.setting;

import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.Operation;
import io.millrace.streamcore.api.call.StreamAddress;
import io.millrace.streamcore.api.call.StreamAnswers;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Values;
import io.millrace.streamcore.stream.StreamChange;
import io.millrace.streamcore.stream.StreamOptions.Distribution;
import io.millrace.streamcore.stream.StreamOptions.Metric;
import io.millrace.streamcore.stream.StreamOptions.Mode;
import io.millrace.streamcore.stream.Streams;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The operations that set one thing about a stream: which stream, which change, which answer. */
final class StreamSettings {
    private final Streams streams;
    private final StreamAddress address;

    StreamSettings(Streams streams, StreamAddress address) {
        this.streams = streams;
        this.address = address;
    }

    Map<String, Operation> operations() {
        return Map.of(
                "IncreaseStreamRetentionPeriod",
                change(input -> StreamChange.longerRetention(input.requiredWhole("RetentionPeriodHours"))),
                "DecreaseStreamRetentionPeriod",
                change(input -> StreamChange.shorterRetention(input.requiredWhole("RetentionPeriodHours"))),
                "StartStreamEncryption",
                change(input -> {
                    checkKms(input);
                    return StreamChange.encryption(input.requiredText("KeyId"));
                }),
                "StopStreamEncryption",
                change(input -> {
                    checkKms(input);
                    return StreamChange.encryption(null);
                }),
                "EnableEnhancedMonitoring",
                new ChangeStream(
                        streams,
                        address::stream,
                        input -> StreamChange.moreShardMetrics(metrics(input)),
                        StreamSettings::writeMetrics),
                "DisableEnhancedMonitoring",
                new ChangeStream(
                        streams,
                        address::stream,
                        input -> StreamChange.fewerShardMetrics(metrics(input)),
                        StreamSettings::writeMetrics),
                "UpdateStreamMode",
                byArn(input -> StreamChange.mode(
                        Mode.valueOf(
                                input.requiredStructure("StreamModeDetails").requiredText("StreamMode")),
                        input.whole("WarmThroughputMiBps"))),
                "UpdateStreamRecordDistributionStrategy",
                byArn(input -> StreamChange.distribution(
                        Distribution.valueOf(input.requiredText("RecordDistributionStrategy")))),
                "UpdateMaxRecordSize",
                byArn(input -> StreamChange.maxRecordSize(input.requiredWhole("MaxRecordSizeInKiB"))),
                "UpdateStreamWarmThroughput",
                new ChangeStream(
                        streams,
                        address::stream,
                        input -> StreamChange.warmThroughput(input.requiredWhole("WarmThroughputMiBps")),
                        (out, changed) -> StreamAnswers.warmThroughput(out, changed.after())));
    }

    private Operation change(Function<Values, StreamChange> change) {
        return new ChangeStream(streams, address::stream, change, null);
    }

    private Operation byArn(Function<Values, StreamChange> change) {
        Function<Values, StreamName> stream = address::streamByArn;
        return new ChangeStream(streams, stream, change, null);
    }

    private static void checkKms(Values input) {
        if (!input.requiredText("EncryptionType").equals("KMS")) {
            throw ApiException.invalidArgument("EncryptionType must be KMS.");
        }
    }

    private static Set<Metric> metrics(Values input) {
        Set<Metric> metrics = EnumSet.noneOf(Metric.class);
        input.texts("ShardLevelMetrics").forEach(name -> metrics.addAll(Metric.named(name)));
        return metrics;
    }

    private static void writeMetrics(AnswerWriter out, Streams.Changed changed) throws IOException {
        StreamAnswers.metrics(
                out, "CurrentShardLevelMetrics", changed.before().options().shardMetrics());
        StreamAnswers.metrics(
                out, "DesiredShardLevelMetrics", changed.after().options().shardMetrics());
    }
}
