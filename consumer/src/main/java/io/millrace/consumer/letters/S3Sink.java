package io.millrace.consumer.letters;

import java.nio.charset.StandardCharsets;
import java.util.List;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/**
 * Puts letters into an S3 bucket, all of a write as one object, whose name tells their records: a write that is repeated replaces the
 * object. Safe for any thread.
 */
final class S3Sink implements LetterSink {
    private final S3AsyncClient s3;
    private final String bucket;
    private final boolean ownsClient;

    S3Sink(S3AsyncClient s3, String bucket, boolean ownsClient) {
        this.s3 = s3;
        this.bucket = bucket;
        this.ownsClient = ownsClient;
    }

    @Override
    public void write(List<Letter> letters) throws Exception {
        StringBuilder lines = new StringBuilder();
        letters.forEach(letter -> lines.append(letter.toJson()).append('\n'));
        StreamSink.await(s3.putObject(
                request -> request.bucket(bucket).key(key(letters)).contentType("application/x-ndjson"),
                AsyncRequestBody.fromBytes(lines.toString().getBytes(StandardCharsets.US_ASCII))));
    }

    /** In the order of the records, and without characters that a key had better not have. */
    static String key(List<Letter> letters) {
        Letter first = letters.get(0);
        Letter last = letters.get(letters.size() - 1);
        return "letters/" + plain(first.application()) + "/"
                + plain(first.stream().value()) + "/" + first.shard().value() + "/" + place(first) + "-" + place(last)
                + ".jsonl";
    }

    private static String place(Letter letter) {
        return letter.record().sequenceNumber() + "." + letter.record().subSequenceNumber();
    }

    private static String plain(String name) {
        return name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    @Override
    public void close() {
        if (ownsClient) {
            s3.close();
        }
    }

    @Override
    public String toString() {
        return "bucket " + bucket;
    }
}
