package io.millrace.consumer.mapping;

import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;

/** Puts documents with their records into an S3 bucket, under the keys that Lambda gives them. Safe for any thread. */
final class S3Destination implements DocumentSink.Destination {
    private final S3AsyncClient s3;
    private final String bucket;

    S3Destination(S3AsyncClient s3, String bucket) {
        this.s3 = s3;
        this.bucket = bucket;
    }

    @Override
    public void put(FailureDocument document) throws Exception {
        Waiting.on(s3.putObject(
                request -> request.bucket(bucket).key(document.key()).contentType("application/json"),
                AsyncRequestBody.fromString(document.withRecords())));
    }

    @Override
    public String toString() {
        return "bucket " + bucket;
    }
}
