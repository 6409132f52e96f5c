package io.millrace.streamcore.api.input;

import static io.millrace.streamcore.api.input.Members.CONSUMER_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ID;
import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape.Structure;
import java.util.Map;

/** The inputs of the operations on registered consumers. */
final class ConsumerInputs {
    private static final Member CONSUMER_NAME = optional("ConsumerName", Members.NAME);
    private static final Structure STARTING_POSITION = Structure.of(
            "StartingPosition",
            optional("SequenceNumber", Members.SEQUENCE_NUMBER),
            optional("Timestamp", Members.TIME),
            required("Type", Members.ITERATOR_TYPE));

    private ConsumerInputs() {}

    static Map<String, Structure> all() {
        return ServiceInputs.named(
                ServiceInputs.input(
                        "RegisterStreamConsumer",
                        Members.mustHave(CONSUMER_NAME),
                        Members.mustHave(STREAM_ARN),
                        STREAM_ID,
                        Members.TAGS),
                ServiceInputs.input("DescribeStreamConsumer", CONSUMER_ARN, CONSUMER_NAME, STREAM_ARN, STREAM_ID),
                ServiceInputs.input("DeregisterStreamConsumer", CONSUMER_ARN, CONSUMER_NAME, STREAM_ARN, STREAM_ID),
                ServiceInputs.input(
                        "ListStreamConsumers",
                        optional("MaxResults", Members.PAGE_SIZE),
                        Members.NEXT_TOKEN,
                        Members.mustHave(STREAM_ARN),
                        optional("StreamCreationTimestamp", Members.TIME),
                        STREAM_ID),
                ServiceInputs.input(
                        "SubscribeToShard",
                        Members.mustHave(CONSUMER_ARN),
                        Members.DRY_RUN,
                        required("ShardId", Members.NAME),
                        required("StartingPosition", STARTING_POSITION),
                        STREAM_ID));
    }
}
