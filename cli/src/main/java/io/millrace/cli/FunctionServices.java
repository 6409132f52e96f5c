package io.millrace.cli;

import static java.util.Objects.requireNonNull;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.consumer.letters.LetterException;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.consumer.mapping.OnFailure;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.settings.DaemonSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** Finds the ARNs of a Lambda function's streams, and makes the destination of its failures. */
final class FunctionServices implements AutoCloseable {
    private static final String QUEUE = "arn:aws[a-z-]*:sqs:.*|https?://.*";
    private static final String STREAM = "arn:aws[a-z-]*:kinesis:.*";
    private static final String BUCKET = "arn:aws[a-z-]*:s3:::|s3://";

    private final AwsAccess access;
    private final List<SdkClient> clients = new ArrayList<>();

    FunctionServices(AwsAccess access) {
        this.access = access;
    }

    /** The ARN of each stream of the settings, by its name and by that of another account's. */
    Map<StreamName, StreamArn> streams(DaemonSettings settings) {
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

    /** Makes the destination of what is given up; absent if there is none. */
    @Nullable
    Function<FunctionNames, LetterSink> onFailure(DaemonSettings settings) {
        String target = requireNonNull(settings.lambdaOrNull()).onFailureOrNull();
        return target == null ? null : names -> sink(target, names);
    }

    private LetterSink sink(String target, FunctionNames names) {
        try {
            if (target.matches(QUEUE)) {
                SqsAsyncClient sqs = access.sqs();
                clients.add(sqs);
                return OnFailure.sqs(sqs, target, names);
            }
            String bucket = target.replaceFirst("^(" + BUCKET + ")", "");
            if (!bucket.equals(target)) {
                S3AsyncClient s3 = access.s3();
                clients.add(s3);
                return OnFailure.s3(s3, bucket, names);
            }
            if (target.startsWith("arn:") && !target.matches(STREAM)) {
                throw CommandFailure.failed(
                        "OnFailure takes the ARN of a queue, a bucket or a stream, or a file, not " + target);
            }
            if (StreamArn.isMeant(target) || target.startsWith("stream:")) {
                KinesisAsyncClient kinesis = access.kinesis();
                clients.add(kinesis);
                return OnFailure.stream(kinesis, target.replaceFirst("^stream:", ""), names);
            }
            return OnFailure.file(Path.of(target), names);
        } catch (IllegalArgumentException | LetterException wrong) {
            throw CommandFailure.failed("OnFailure cannot be used: " + wrong.getMessage());
        }
    }

    @Override
    public void close() {
        clients.forEach(SdkClient::close);
    }
}
