package io.millrace.consumer.mapping;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.letters.LetterException;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.nio.file.Path;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * The destinations of AWS Lambda for batches that are given up: each gets a document for all records of a batch, and files and buckets
 * the records as well. While a document cannot be stored its shard waits, and nothing is skipped. Clients are the caller's to close.
 * Stateless.
 */
public final class OnFailure {
    private OnFailure() {}

    /**
     * A document becomes a line of a file, with the event that holds its records as {@code payload}. Forced to the disk.
     *
     * @throws LetterException if {@code file} is a folder, or its folder is missing
     */
    public static LetterSink file(Path file, FunctionNames names) {
        return new DocumentSink(names, new FileDestination(file));
    }

    /**
     * A document becomes a message of an SQS queue. Needs {@code software.amazon.awssdk:sqs} on the class path.
     *
     * @param urlOrArn the queue
     * @throws LetterException if that is neither
     */
    public static LetterSink sqs(SqsAsyncClient client, String urlOrArn, FunctionNames names) {
        if (!urlOrArn.matches(
                "https?://[^\\s/]+/\\S+|arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?")) {
            throw new LetterException(
                    "not a queue, such as arn:aws:sqs:eu-west-1:111122223333:failures or its URL: " + urlOrArn);
        }
        return new DocumentSink(names, new SqsDestination(requireNonNull(client, "client"), urlOrArn));
    }

    /**
     * A document becomes a record of a stream, under the shard's id as its partition key.
     *
     * @param nameOrArn the stream, which must not be one that is read
     * @throws IllegalArgumentException if that is neither a name nor an ARN
     */
    public static LetterSink stream(KinesisAsyncClient client, String nameOrArn, FunctionNames names) {
        if (StreamArn.isMeant(nameOrArn)) {
            StreamArn unused = StreamArn.parse(nameOrArn);
        } else {
            StreamName unused = new StreamName(nameOrArn);
        }
        return new DocumentSink(names, new StreamDestination(requireNonNull(client, "client"), nameOrArn));
    }

    /**
     * A document becomes an object of an S3 bucket, with the event that holds its records as {@code payload}. Needs
     * {@code software.amazon.awssdk:s3} on the class path.
     *
     * @throws LetterException if {@code bucket} is no name of a bucket
     */
    public static LetterSink s3(S3AsyncClient client, String bucket, FunctionNames names) {
        if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw new LetterException("not the name of a bucket: " + bucket);
        }
        return new DocumentSink(names, new S3Destination(requireNonNull(client, "client"), bucket));
    }
}
