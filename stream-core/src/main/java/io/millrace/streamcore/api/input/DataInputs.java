package io.millrace.streamcore.api.input;

import static io.millrace.streamcore.api.input.Members.STREAM_ARN;
import static io.millrace.streamcore.api.input.Members.STREAM_ID;
import static io.millrace.streamcore.api.input.Members.STREAM_NAME;
import static io.millrace.streamcore.api.shape.Member.optional;
import static io.millrace.streamcore.api.shape.Member.required;

import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import io.millrace.streamcore.api.shape.Shape.Structure;
import io.millrace.streamcore.api.shape.Shape.Text;
import java.util.Map;

/** The inputs of the operations on records. */
final class DataInputs {
    private static final Member DATA = required("Data", new Shape.Blob(10 << 20));
    private static final Member KEY = required("PartitionKey", Text.ofLength(1, 256));
    private static final Member EXPLICIT_KEY = optional("ExplicitHashKey", Members.HASH_KEY);
    private static final Structure ENTRY = Structure.of("PutRecordsRequestEntry", DATA, EXPLICIT_KEY, KEY);

    private DataInputs() {}

    static Map<String, Structure> all() {
        return ServiceInputs.named(
                ServiceInputs.input(
                        "PutRecord",
                        DATA,
                        Members.DRY_RUN,
                        EXPLICIT_KEY,
                        KEY,
                        optional("SequenceNumberForOrdering", Members.SEQUENCE_NUMBER),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "PutRecords",
                        Members.DRY_RUN,
                        required("Records", new Shape.ListOf(ENTRY, 1, 500)),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME),
                ServiceInputs.input(
                        "GetShardIterator",
                        Members.DRY_RUN,
                        required("ShardId", Members.NAME),
                        required("ShardIteratorType", Members.ITERATOR_TYPE),
                        optional("StartingSequenceNumber", Members.SEQUENCE_NUMBER),
                        STREAM_ARN,
                        STREAM_ID,
                        STREAM_NAME,
                        optional("Timestamp", Members.TIME)),
                ServiceInputs.input(
                        "GetRecords",
                        Members.DRY_RUN,
                        optional("Limit", Members.PAGE_SIZE),
                        required("ShardIterator", Text.ofLength(1, 512)),
                        STREAM_ARN,
                        STREAM_ID));
    }
}
