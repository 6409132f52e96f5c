package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The place that keeps records which are given up: {@code arn:aws:sqs:...}, a queue's URL or {@code sqs:URL}; {@code s3://BUCKET} or
 * {@code arn:aws:s3:::BUCKET}; {@code arn:aws:kinesis:...} or {@code stream:NAME}; any other text is a file's path.
 */
public sealed interface FailureDestination {
    /** A file. */
    record File(Path path) implements FailureDestination {
        /** Checks the part. */
        public File {
            requireNonNull(path, "path");
        }

        @Override
        public String toString() {
            return "the file " + path;
        }
    }

    /** A stream, by its name or ARN. */
    record Stream(String nameOrArn) implements FailureDestination {
        /** Checks the part. */
        public Stream {
            requireNonNull(nameOrArn, "nameOrArn");
        }

        @Override
        public String toString() {
            return "the stream " + nameOrArn;
        }
    }

    /** A queue, by its URL or ARN. */
    record Queue(String urlOrArn) implements FailureDestination {
        /** Checks the part. */
        public Queue {
            requireNonNull(urlOrArn, "urlOrArn");
        }

        @Override
        public String toString() {
            return "the queue " + urlOrArn;
        }
    }

    /** A bucket, by its name. */
    record Bucket(String name) implements FailureDestination {
        /** Checks the part. */
        public Bucket {
            requireNonNull(name, "name");
        }

        @Override
        public String toString() {
            return "the bucket " + name;
        }
    }

    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException if it is none of these; the message says what it may be
     */
    static FailureDestination parse(String text) {
        String queue = text.replaceFirst("^sqs:(?=https?:)", "");
        if (queue.matches("arn:aws[a-z-]*:sqs:.*|https?://.*")) {
            require(
                    queue.matches(
                            "https?://[^\\s/]+/\\S+|arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\\.fifo)?"),
                    "is no queue, such as arn:aws:sqs:eu-west-1:111122223333:failures or its URL");
            return new Queue(queue);
        }
        String bucket = text.replaceFirst("^(arn:aws[a-z-]*:s3:::|s3://)", "");
        if (!bucket.equals(text)) {
            require(bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"), "names no bucket, such as s3://my-bucket");
            return new Bucket(bucket);
        }
        if (text.matches("arn:aws[a-z-]*:kinesis:.*") || text.startsWith("stream:")) {
            return stream(text.replaceFirst("^stream:", ""));
        }
        require(
                !text.matches("(arn|sqs|sns|kafka):.*"),
                "is the ARN of a queue, a bucket or a stream, a queue's URL, s3://BUCKET, stream:NAME, or a file");
        try {
            return new File(Path.of(text));
        } catch (InvalidPathException noPath) {
            throw new IllegalArgumentException("is no path of a file", noPath);
        }
    }

    private static Stream stream(String nameOrArn) {
        try {
            if (StreamArn.isMeant(nameOrArn)) {
                StreamArn unused = StreamArn.parse(nameOrArn);
            } else {
                StreamName unused = new StreamName(nameOrArn);
            }
        } catch (IllegalArgumentException none) {
            throw new IllegalArgumentException("names no stream: " + none.getMessage(), none);
        }
        return new Stream(nameOrArn);
    }

    private static void require(boolean isRight, String complaint) {
        if (!isRight) {
            throw new IllegalArgumentException(complaint);
        }
    }
}
