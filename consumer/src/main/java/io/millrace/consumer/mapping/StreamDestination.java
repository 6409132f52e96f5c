package io.millrace.consumer.mapping;

import io.millrace.consumer.letters.LetterException;
import io.millrace.model.StreamArn;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/** Puts documents into a stream, without their records. Safe for any thread. */
final class StreamDestination implements DocumentSink.Destination {
    private final KinesisAsyncClient kinesis;
    private final String stream;
    private final boolean isArn;

    StreamDestination(KinesisAsyncClient kinesis, String nameOrArn) {
        this.kinesis = kinesis;
        this.stream = nameOrArn;
        this.isArn = StreamArn.isMeant(nameOrArn);
    }

    @Override
    public void put(FailureDocument document) throws Exception {
        if (document.stream().equals(stream)
                || (isArn
                        && document.stream()
                                .equals(StreamArn.parse(stream).qualifiedName().value()))) {
            throw new LetterException("what is given up of stream " + stream
                    + " would come back to who failed at it; give OnFailure a stream of its own");
        }
        Waiting.on(kinesis.putRecord(request -> request.streamName(isArn ? null : stream)
                .streamARN(isArn ? stream : null)
                .partitionKey(document.shard())
                .data(SdkBytes.fromUtf8String(document.metadata()))));
    }

    @Override
    public String toString() {
        return "stream " + stream;
    }
}
