package io.millrace.cli;

import io.millrace.cli.terminal.AwsAccess;
import io.millrace.cli.terminal.CommandFailure;
import io.millrace.consumer.letters.LetterException;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.letters.LetterSinks;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.consumer.mapping.OnFailure;
import io.millrace.multilang.settings.FailureDestination;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import software.amazon.awssdk.core.SdkClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** Makes the sinks of what a daemon's children fail at, with clients that it closes. */
final class FailureSinks implements AutoCloseable {
    private final AwsAccess access;
    private final List<SdkClient> clients = new ArrayList<>();

    FailureSinks(AwsAccess access) {
        this.access = access;
    }

    /** The sink of letters. */
    LetterSink letters(FailureDestination to) {
        return made("failureDestination", () -> {
            if (to instanceof FailureDestination.Queue queue) {
                SqsAsyncClient sqs = opened(access.sqs());
                return LetterSinks.sqs(sqs, url(sqs, queue.urlOrArn()));
            }
            if (to instanceof FailureDestination.Bucket bucket) {
                return LetterSinks.s3(opened(access.s3()), bucket.name());
            }
            if (to instanceof FailureDestination.Stream stream) {
                return LetterSinks.stream(opened(access.kinesis()), stream.nameOrArn());
            }
            return LetterSinks.file(((FailureDestination.File) to).path());
        });
    }

    /** The sink of the documents of a function of Lambda. */
    LetterSink documents(FailureDestination to, FunctionNames names) {
        return made("OnFailure", () -> {
            if (to instanceof FailureDestination.Queue queue) {
                return OnFailure.sqs(opened(access.sqs()), queue.urlOrArn(), names);
            }
            if (to instanceof FailureDestination.Bucket bucket) {
                return OnFailure.s3(opened(access.s3()), bucket.name(), names);
            }
            if (to instanceof FailureDestination.Stream stream) {
                return OnFailure.stream(opened(access.kinesis()), stream.nameOrArn(), names);
            }
            return OnFailure.file(((FailureDestination.File) to).path(), names);
        });
    }

    private static LetterSink made(String setting, Supplier<LetterSink> sink) {
        try {
            return sink.get();
        } catch (IllegalArgumentException | LetterException wrong) {
            throw CommandFailure.failed(setting + " cannot be used: " + wrong.getMessage());
        }
    }

    private static String url(SqsAsyncClient sqs, String urlOrArn) {
        if (!urlOrArn.startsWith("arn:")) {
            return urlOrArn;
        }
        String[] parts = urlOrArn.split(":", -1);
        return sqs.getQueueUrl(request -> request.queueName(parts[5]).queueOwnerAWSAccountId(parts[4]))
                .join()
                .queueUrl();
    }

    private <C extends SdkClient> C opened(C client) {
        clients.add(client);
        return client;
    }

    @Override
    public void close() {
        clients.forEach(SdkClient::close);
    }
}
