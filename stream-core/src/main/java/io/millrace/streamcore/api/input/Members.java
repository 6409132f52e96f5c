package io.millrace.streamcore.api.input;

import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.api.shape.Shape.Text;
import io.millrace.streamcore.api.shape.Shape.Whole;

/** The shapes and members that several operations share. */
final class Members {
    static final int ANY = Integer.MAX_VALUE;
    static final Text NAME = Text.matching(1, 128, "[a-zA-Z0-9_.-]+");
    static final Text SEQUENCE_NUMBER = Text.matching(0, ANY, "0|([1-9]\\d{0,128})");
    static final Text HASH_KEY = Text.matching(0, ANY, "0|([1-9]\\d{0,38})");
    static final Text ITERATOR_TYPE =
            Text.oneOf("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP");
    static final Text ENCRYPTION_TYPE = Text.oneOf("NONE", "KMS");
    static final Text TAG_KEY = Text.ofLength(1, 128);
    static final Whole PAGE_SIZE = new Whole(1, 10_000);
    static final Whole NATURAL = new Whole(0, ANY);
    static final Shape.Time TIME = new Shape.Time();
    static final Structure MODE =
            Structure.of("StreamModeDetails", required("StreamMode", Text.oneOf("PROVISIONED", "ON_DEMAND")));

    static final Member STREAM_NAME = optional("StreamName", NAME);
    static final Member STREAM_ARN =
            optional("StreamARN", Text.matching(1, 2048, "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+"));
    /** Reserved by the service: checked and otherwise ignored. */
    static final Member STREAM_ID = optional("StreamId", Text.matching(1, 24, "[a-z0-9]{20}-[a-z0-9]{3}"));

    static final Member DRY_RUN = optional("DryRun", new Shape.Flag());
    static final Text DISTRIBUTION_STRATEGY = Text.oneOf("AUTO", "USER_PARTITION_KEY");
    static final Member CONSUMER_ARN = optional(
            "ConsumerARN",
            Text.matching(
                    1,
                    2048,
                    "^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+"));
    static final Member RESOURCE_ARN =
            required("ResourceARN", Text.matching(1, 2048, "arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+"));
    static final Member NEXT_TOKEN = optional("NextToken", Text.ofLength(1, 1 << 20));
    static final Member TAGS = optional("Tags", new Shape.MapOf(TAG_KEY, Text.ofLength(0, 256), 1, 200));
    static final Member TAG_KEYS = required("TagKeys", new Shape.ListOf(TAG_KEY, 1, 50));

    private Members() {}

    /** The same member, where an operation cannot do without it. */
    static Member mustHave(Member member) {
        return required(member.name(), member.shape());
    }
}
