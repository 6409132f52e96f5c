package io.millrace.consumer.letters;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** A bucket that keeps its objects in memory; the system tests have one that speaks S3. */
class S3SinkTest {
    private final Bucket bucket = new Bucket();
    private final LetterSink sink = LetterSinks.s3(bucket, "my-bucket");

    @Test
    void writeBecomesOneObjectOfLinesAndTheSameWriteReplacesIt() throws Exception {
        List<Letter> letters =
                List.of(Letters.letter(1, "a", Bytes.utf8("one\n")), Letters.letter(2, "b", Bytes.utf8("two")));
        sink.write(letters);
        sink.write(letters);
        sink.write(List.of(Letters.letter(3, "a", Bytes.empty())));

        assertThat(bucket.objects).hasSize(2);
        String first = bucket.objects.keySet().iterator().next();
        assertThat(first)
                .startsWith("my-bucket/letters/")
                .matches("[A-Za-z0-9_./-]+/shardId-[0-9]{12}/[0-9]+\\.0-[0-9]+\\.0\\.jsonl");
        assertThat(requireNonNull(bucket.objects.get(first)).lines().map(Letter::parse))
                .containsExactlyElementsOf(letters);
    }

    @Test
    void refusedWriteFailsWithItsReasonSoThatTheShardWaits() {
        bucket.failure = NoSuchBucketException.builder().message("gone").build();
        assertThatThrownBy(() -> sink.write(List.of(Letters.letter(1, "a", Bytes.empty()))))
                .isInstanceOf(NoSuchBucketException.class);
        assertThatThrownBy(() -> LetterSinks.s3(bucket, "s3://b")).hasMessage("not the name of a bucket: s3://b");
    }

    private static final class Bucket implements S3AsyncClient {
        private final Map<String, String> objects = new TreeMap<>();
        private @Nullable Throwable failure;

        @Override
        public CompletableFuture<PutObjectResponse> putObject(PutObjectRequest request, AsyncRequestBody body) {
            if (failure != null) {
                return CompletableFuture.failedFuture(failure);
            }
            StringBuilder text = new StringBuilder();
            body.subscribe(part -> text.append(StandardCharsets.US_ASCII.decode(part)))
                    .join();
            objects.put(request.bucket() + "/" + request.key(), text.toString());
            return CompletableFuture.completedFuture(PutObjectResponse.builder().build());
        }

        @Override
        public String serviceName() {
            return "s3";
        }

        @Override
        public void close() {
            objects.clear();
        }
    }
}
