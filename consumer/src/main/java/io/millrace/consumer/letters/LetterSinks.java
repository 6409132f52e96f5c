package io.millrace.consumer.letters;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.SystemPlatform;
import java.nio.file.Path;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * The sinks that Millrace has. Each may be used by any number of shards and workers at once. A sink that was made without a
 * client makes one from the SDK's standard settings and closes it when it is closed. Stateless.
 */
public final class LetterSinks {
    private LetterSinks() {}

    /**
     * Letters become lines of a file, which is made where it is missing. Every write is forced to the disk. Workers of several
     * processes may share a file, on a file system that knows locks; a line that a crash tore is cut off by the next write. A
     * file that was moved away is begun anew.
     *
     * @throws LetterException if {@code file} is a folder, or its folder is missing
     */
    public static LetterSink file(Path file) {
        return new FileSink(requireNonNull(file, "file"));
    }

    /**
     * Letters become records of a stream (PutRecords), under the partition key of their records. A letter is a third larger
     * than its record, and 1 KiB; one that is larger than the stream takes is refused, and its shard waits.
     *
     * @param nameOrArn the stream, which must not be one that is read
     * @throws IllegalArgumentException if that is neither a name nor an ARN
     */
    public static LetterSink stream(String nameOrArn) {
        StreamSink.check(nameOrArn);
        return new StreamSink(KinesisAsyncClient.create(), nameOrArn, true, pauses());
    }

    /** As {@link #stream(String)} through this client, which the caller closes. */
    public static LetterSink stream(KinesisAsyncClient client, String nameOrArn) {
        return new StreamSink(requireNonNull(client, "client"), nameOrArn, false, pauses());
    }

    /**
     * Letters become messages of an SQS queue (SendMessageBatch). A letter larger than the queue takes, at most 1 MiB, is
     * refused, and its shard waits. In a FIFO queue the letters of a shard are one group. Needs
     * {@code software.amazon.awssdk:sqs} on the class path, which is not among Millrace's own dependencies.
     *
     * @param queueUrl such as {@code https://sqs.eu-west-1.amazonaws.com/111122223333/letters}
     * @throws LetterException if that is no URL, or the library is missing
     */
    public static LetterSink sqs(String queueUrl) {
        queue(queueUrl);
        try {
            return new SqsSink(SqsAsyncClient.create(), queueUrl, true, pauses());
        } catch (NoClassDefFoundError missing) {
            throw new LetterException(
                    "letters to SQS need software.amazon.awssdk:sqs on the class path, in the version of the other modules"
                            + " of the SDK",
                    missing);
        }
    }

    /** As {@link #sqs(String)} through this client, which the caller closes. */
    public static LetterSink sqs(SqsAsyncClient client, String queueUrl) {
        return new SqsSink(requireNonNull(client, "client"), queue(queueUrl), false, pauses());
    }

    /**
     * Letters become objects of an S3 bucket, one for each write, with a letter a line, as in a file. Its key is
     * {@code letters/APPLICATION/STREAM/SHARD/FIRST-LAST.jsonl}, with the places of its first and last record, so a write that is
     * repeated replaces it. Needs {@code software.amazon.awssdk:s3} on the class path, which is not among Millrace's own
     * dependencies.
     *
     * @throws LetterException if {@code bucket} is no name of a bucket, or the library is missing
     */
    public static LetterSink s3(String bucket) {
        bucket(bucket);
        try {
            return new S3Sink(S3AsyncClient.create(), bucket, true);
        } catch (NoClassDefFoundError missing) {
            throw new LetterException(
                    "letters to S3 need software.amazon.awssdk:s3 on the class path, in the version of the other modules"
                            + " of the SDK",
                    missing);
        }
    }

    /** As {@link #s3(String)} through this client, which the caller closes. */
    public static LetterSink s3(S3AsyncClient client, String bucket) {
        return new S3Sink(requireNonNull(client, "client"), bucket(bucket), false);
    }

    private static String bucket(String name) {
        if (!name.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw new LetterException("not the name of a bucket: " + name);
        }
        return name;
    }

    /** Refuses what cannot be a queue's URL. Here, because the class of the sink does not load without its library. */
    private static String queue(String queueUrl) {
        if (!queueUrl.matches("https?://[^\\s/]+/\\S+")) {
            throw new LetterException("not the URL of a queue, such as"
                    + " https://sqs.eu-west-1.amazonaws.com/111122223333/letters: " + queueUrl);
        }
        return queueUrl;
    }

    private static Tries.Pause pauses() {
        return Tries.pauses(new SystemPlatform().random());
    }
}
