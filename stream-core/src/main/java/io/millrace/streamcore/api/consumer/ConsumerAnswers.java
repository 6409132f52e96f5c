package io.millrace.streamcore.api.consumer;

import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.stream.ConsumerState;
import java.io.IOException;

/** Writes what all answers say about a consumer. */
final class ConsumerAnswers {
    private ConsumerAnswers() {}

    static void members(AnswerWriter out, ConsumerState consumer) throws IOException {
        out.text("ConsumerName", consumer.name())
                .text("ConsumerARN", consumer.arn())
                .text("ConsumerStatus", consumer.status().name())
                .time("ConsumerCreationTimestamp", consumer.created());
    }
}
