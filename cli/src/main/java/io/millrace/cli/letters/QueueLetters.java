package io.millrace.cli.letters;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.Message;

/**
 * The letters of an SQS queue. What is received is hidden from others for a quarter of an hour, and given back at once when
 * this is closed; letters whose records are put back are deleted. Closes its client. For one thread.
 */
final class QueueLetters implements LetterSource {
    private static final int BATCH = 10;
    private static final int WAIT_SECONDS = 1;
    /** Longer than commands have patience with an outage. */
    private static final int HIDDEN_SECONDS = 900;

    private final SqsAsyncClient sqs;
    private final String url;
    private final Set<String> held = new LinkedHashSet<>();

    QueueLetters(SqsAsyncClient sqs, String url) {
        this.sqs = sqs;
        this.url = url;
    }

    @Override
    public List<Entry> next() {
        List<Message> messages = sqs.receiveMessage(request -> request.queueUrl(url)
                        .maxNumberOfMessages(BATCH)
                        .waitTimeSeconds(WAIT_SECONDS)
                        .visibilityTimeout(HIDDEN_SECONDS))
                .join()
                .messages();
        List<Entry> entries = new ArrayList<>();
        for (Message message : messages) {
            held.add(message.receiptHandle());
            entries.add(Entry.of("message " + message.messageId(), message.body(), message.receiptHandle()));
        }
        return entries;
    }

    @Override
    public void putBack(List<Entry> entries) {
        List<String> handles = entries.stream().map(Entry::handle).toList();
        for (int from = 0; from < handles.size(); from += BATCH) {
            List<String> batch = handles.subList(from, Math.min(handles.size(), from + BATCH));
            List<DeleteMessageBatchRequestEntry> deletions = batch.stream()
                    .map(handle -> DeleteMessageBatchRequestEntry.builder()
                            .id(Integer.toString(batch.indexOf(handle)))
                            .receiptHandle(handle)
                            .build())
                    .toList();
            sqs.deleteMessageBatch(request -> request.queueUrl(url).entries(deletions))
                    .join();
            batch.forEach(held::remove);
        }
    }

    private void giveBack() {
        List<String> handles = List.copyOf(held);
        held.clear();
        for (int from = 0; from < handles.size(); from += BATCH) {
            List<String> batch = handles.subList(from, Math.min(handles.size(), from + BATCH));
            List<ChangeMessageVisibilityBatchRequestEntry> changes = batch.stream()
                    .map(handle -> ChangeMessageVisibilityBatchRequestEntry.builder()
                            .id(Integer.toString(batch.indexOf(handle)))
                            .receiptHandle(handle)
                            .visibilityTimeout(0)
                            .build())
                    .toList();
            sqs.changeMessageVisibilityBatch(request -> request.queueUrl(url).entries(changes))
                    .join();
        }
    }

    @Override
    public void close() {
        try {
            giveBack();
        } finally {
            sqs.close();
        }
    }
}
