package io.millrace.consumer.letters;

import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequest;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/**
 * Puts letters into a stream, each under the partition key of its record. Letters of a key keep their order, because a request
 * holds at most one of them and what was refused is sent again before the next. Safe for any thread.
 */
final class StreamSink implements LetterSink {
    private static final int BATCH_RECORDS = 500;
    private static final int BATCH_BYTES = 4 << 20;
    /** A record of this size goes into every stream. */
    private static final int SURE_BYTES = 1 << 20;

    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final @Nullable StreamArn arn;
    private final boolean ownsClient;
    private final Tries.Pause pause;

    StreamSink(KinesisAsyncClient kinesis, String stream, boolean ownsClient, Tries.Pause pause) {
        this.kinesis = kinesis;
        this.stream = stream;
        this.ownsClient = ownsClient;
        this.pause = pause;
        this.arn = check(stream).orElse(null);
    }

    /** The ARN, if the stream is not one of the client's own account that is given by its name. */
    static Optional<StreamArn> check(String nameOrArn) {
        return StreamArn.isMeant(nameOrArn) ? Optional.of(StreamArn.parse(nameOrArn)) : new StreamName(nameOrArn).arn();
    }

    /** A letter as the stream takes it. */
    private record Entry(String key, SdkBytes data) {
        static Entry of(Letter letter) {
            return new Entry(
                    letter.record().partitionKey(),
                    SdkBytes.fromByteArrayUnsafe(letter.toJson().getBytes(StandardCharsets.US_ASCII)));
        }

        int size() {
            return key.getBytes(StandardCharsets.UTF_8).length + data.asByteArrayUnsafe().length;
        }
    }

    @Override
    public void write(List<Letter> letters) throws Exception {
        List<Entry> waiting = new ArrayList<>();
        for (Letter letter : letters) {
            refuseOwnStream(letter);
            Entry entry = Entry.of(letter);
            refuseTooLarge(letter, entry.size());
            waiting.add(entry);
        }
        Tries tries = new Tries(pause);
        while (!waiting.isEmpty()) {
            List<Entry> batch = batch(waiting);
            List<PutRecordsResultEntry> results;
            try {
                results = put(batch);
            } catch (AwsServiceException e) {
                tries.afterFailure(e);
                continue;
            }
            Set<Entry> stored = Collections.newSetFromMap(new IdentityHashMap<>());
            String reason = "";
            for (int i = 0; i < batch.size(); i++) {
                PutRecordsResultEntry result = results.get(i);
                if (result.errorCode() == null) {
                    stored.add(batch.get(i));
                } else {
                    reason = result.errorCode();
                }
            }
            waiting.removeIf(stored::contains);
            if (stored.isEmpty()) {
                tries.afterNone("stream " + stream + " takes no letters (" + reason + ")");
            } else if (stored.size() < batch.size()) {
                tries.afterSome();
            } else {
                tries.afterAll();
            }
        }
    }

    private void refuseOwnStream(Letter letter) {
        boolean isOwn = arn == null
                ? letter.stream().value().equals(stream)
                : letter.stream().equals(arn.qualifiedName());
        if (isOwn) {
            throw new LetterException("letters of stream " + stream
                    + " would come back to who refused them; give letters a stream of their own");
        }
    }

    private void refuseTooLarge(Letter letter, int size) throws Exception {
        if (size <= SURE_BYTES) {
            return;
        }
        Integer kib = await(kinesis.describeStreamSummary(request ->
                        request.streamName(arn == null ? stream : null).streamARN(arnText())))
                .streamDescriptionSummary()
                .maxRecordSizeInKiB();
        int most = kib == null ? SURE_BYTES : kib * 1024;
        if (size > most) {
            throw new LetterException("the letter of " + letter.id() + " has " + size + " bytes, and stream " + stream
                    + " takes " + most + ": raise its MaxRecordSizeInKiB, or keep letters in a file");
        }
    }

    private static List<Entry> batch(List<Entry> waiting) {
        List<Entry> batch = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        long bytes = 0;
        for (Entry entry : waiting) {
            if (keys.add(entry.key())) {
                bytes += entry.size();
                if (!batch.isEmpty() && (bytes > BATCH_BYTES || batch.size() == BATCH_RECORDS)) {
                    break;
                }
                batch.add(entry);
            }
        }
        return batch;
    }

    private List<PutRecordsResultEntry> put(List<Entry> batch) throws Exception {
        PutRecordsRequest request = PutRecordsRequest.builder()
                .streamName(arn == null ? stream : null)
                .streamARN(arnText())
                .records(batch.stream()
                        .map(entry -> PutRecordsRequestEntry.builder()
                                .partitionKey(entry.key())
                                .data(entry.data())
                                .build())
                        .toList())
                .build();
        return await(kinesis.putRecords(request)).records();
    }

    private @Nullable String arnText() {
        return arn == null ? null : arn.toString();
    }

    /** The answer; what fails is the SDK's own exception, after the SDK's own tries. */
    static <T> T await(CompletableFuture<T> answer) throws Exception {
        try {
            return answer.get();
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }

    @Override
    public void close() {
        if (ownsClient) {
            kinesis.close();
        }
    }

    @Override
    public String toString() {
        return "stream " + stream;
    }
}
