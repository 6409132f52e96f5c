package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.settings.DaemonSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Finds the ARNs of a Lambda function's streams. */
final class FunctionStreams {
    private FunctionStreams() {}

    /** The ARN of each stream of the settings, by its name and by that of another account's. */
    static Map<StreamName, StreamArn> of(DaemonSettings settings, AwsAccess access) {
        Map<StreamName, StreamArn> arns = new LinkedHashMap<>();
        try (KinesisAsyncClient kinesis = access.kinesis()) {
            for (String stream : settings.streams()) {
                boolean isArn = StreamArn.isMeant(stream);
                StreamArn arn = StreamArn.parse(kinesis.describeStreamSummary(request ->
                                request.streamName(isArn ? null : stream).streamARN(isArn ? stream : null))
                        .join()
                        .streamDescriptionSummary()
                        .streamARN());
                arns.put(new StreamName(arn.name()), arn);
                arns.put(arn.qualifiedName(), arn);
            }
        }
        return arns;
    }
}
