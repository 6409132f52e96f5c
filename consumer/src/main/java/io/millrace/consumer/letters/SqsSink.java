package io.millrace.consumer.letters;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.model.BatchRequestTooLongException;
import software.amazon.awssdk.services.sqs.model.BatchResultErrorEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SqsException;

/**
 * Sends letters to an SQS queue, one a message. In a FIFO queue, whose name ends in {@code .fifo}, the letters of a shard are a
 * group, and a letter that comes again within five minutes is left out. Safe for any thread.
 */
final class SqsSink implements LetterSink {
    private static final int BATCH_MESSAGES = 10;
    /** The most that a message, and all messages of a request together, may have. */
    private static final int MOST_BYTES = 1 << 20;

    private static final String FIFO = ".fifo";

    private final SqsAsyncClient sqs;
    private final String queueUrl;
    private final boolean ownsClient;
    private final Tries.Pause pause;

    SqsSink(SqsAsyncClient sqs, String queueUrl, boolean ownsClient, Tries.Pause pause) {
        this.sqs = sqs;
        this.queueUrl = queueUrl;
        this.ownsClient = ownsClient;
        this.pause = pause;
    }

    /** A letter as a queue takes it. */
    private record Message(Letter letter, String body) {}

    @Override
    public void write(List<Letter> letters) throws Exception {
        List<Message> waiting = new ArrayList<>();
        for (Letter letter : letters) {
            Message message = new Message(letter, letter.toJson());
            if (message.body().length() > MOST_BYTES) {
                throw tooLarge(message, "SQS takes " + MOST_BYTES);
            }
            waiting.add(message);
        }
        Tries tries = new Tries(pause);
        int most = BATCH_MESSAGES;
        while (!waiting.isEmpty()) {
            List<Message> batch = batch(waiting, most);
            SendMessageBatchResponse answer;
            try {
                answer = send(batch);
            } catch (SqsException e) {
                if (!isTooLong(e)) {
                    tries.afterFailure(e);
                    continue;
                }
                if (batch.size() == 1) {
                    throw tooLarge(batch.get(0), "this queue takes less");
                }
                most = batch.size() / 2;
                continue;
            }
            int stored = take(batch, answer.failed(), waiting);
            if (stored == 0) {
                tries.afterNone("queue " + queueUrl + " takes no letters ("
                        + answer.failed().get(0).code() + ")");
            } else if (stored < batch.size()) {
                tries.afterSome();
            } else {
                tries.afterAll();
            }
        }
    }

    /** A queue, or a server that is not Amazon's, may take less than the service at its most. */
    private static boolean isTooLong(SqsException refused) {
        return refused instanceof BatchRequestTooLongException
                || String.valueOf(refused.getMessage()).contains("TooLong");
    }

    private static List<Message> batch(List<Message> waiting, int most) {
        int size = 0;
        long bytes = 0;
        while (size < Math.min(most, waiting.size())) {
            bytes += waiting.get(size).body().length();
            if (size > 0 && bytes > MOST_BYTES) {
                break;
            }
            size++;
        }
        return List.copyOf(waiting.subList(0, size));
    }

    private SendMessageBatchResponse send(List<Message> batch) throws Exception {
        List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
        for (Message message : batch) {
            SendMessageBatchRequestEntry.Builder entry = SendMessageBatchRequestEntry.builder()
                    .id(Integer.toString(entries.size()))
                    .messageBody(message.body());
            if (queueUrl.endsWith(FIFO)) {
                entry.messageGroupId(message.letter().shard().value()).messageDeduplicationId(sameness(message));
            }
            entries.add(entry.build());
        }
        return StreamSink.await(
                sqs.sendMessageBatch(request -> request.queueUrl(queueUrl).entries(entries)));
    }

    /** Takes what was stored from what waits. */
    private int take(List<Message> batch, List<BatchResultErrorEntry> failed, List<Message> waiting) {
        Map<Integer, BatchResultErrorEntry> errors = new HashMap<>();
        failed.forEach(error -> errors.put(Integer.parseInt(error.id()), error));
        int first = batch.size();
        for (int i = batch.size() - 1; i >= 0; i--) {
            BatchResultErrorEntry error = errors.get(i);
            if (error != null && Boolean.TRUE.equals(error.senderFault())) {
                throw refused(batch.get(i), error);
            }
            first = error == null ? first : i;
        }
        int stored = batch.size() - failed.size();
        // In a FIFO queue what was stored after the first that failed is sent again, in order; the queue leaves it out.
        boolean isFifo = queueUrl.endsWith(FIFO);
        List<Message> again = new ArrayList<>();
        for (int i = first; i < batch.size(); i++) {
            if (isFifo || errors.containsKey(i)) {
                again.add(batch.get(i));
            }
        }
        waiting.subList(0, batch.size()).clear();
        waiting.addAll(0, again);
        return isFifo ? first : stored;
    }

    private LetterException tooLarge(Message message, String limit) {
        return new LetterException("the letter of " + message.letter().id() + " has "
                + message.body().length() + " bytes, and " + limit + " in queue " + queueUrl
                + ": raise its MaximumMessageSize, or keep letters in a file or a stream");
    }

    private LetterException refused(Message message, BatchResultErrorEntry error) {
        return new LetterException("queue " + queueUrl + " refuses the letter of "
                + message.letter().id() + ", which has " + message.body().length() + " bytes: " + error.code() + " "
                + error.message());
    }

    private static String sameness(Message message) {
        Letter letter = message.letter();
        String text = letter.application() + "\n" + letter.stream() + "\n" + letter.id();
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must offer SHA-256", e);
        }
    }

    @Override
    public void close() {
        if (ownsClient) {
            sqs.close();
        }
    }

    @Override
    public String toString() {
        return "queue " + queueUrl;
    }
}
