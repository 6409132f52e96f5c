package io.millrace.consumer.mapping;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/** Sends documents to an SQS queue, without their records. Safe for any thread. */
final class SqsDestination implements DocumentSink.Destination {
    private final SqsAsyncClient sqs;
    private final String queue;
    private volatile @Nullable String url;

    SqsDestination(SqsAsyncClient sqs, String urlOrArn) {
        this.sqs = sqs;
        this.queue = urlOrArn;
        this.url = urlOrArn.startsWith("arn:") ? null : urlOrArn;
    }

    @Override
    public void put(FailureDocument document) throws Exception {
        String to = url();
        Waiting.on(sqs.sendMessage(request -> {
            request.queueUrl(to).messageBody(document.metadata());
            if (to.endsWith(".fifo")) {
                request.messageGroupId(document.shard())
                        .messageDeduplicationId(document.id().toString());
            }
        }));
    }

    private String url() throws Exception {
        String known = url;
        if (known == null) {
            String[] parts = queue.split(":", -1);
            known = Waiting.on(sqs.getQueueUrl(
                            request -> request.queueName(parts[5]).queueOwnerAWSAccountId(parts[4])))
                    .queueUrl();
            url = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return "queue " + queue;
    }
}
