package io.millrace.streamcore.api.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConstraintCheckTest {
    private static final Shape.Structure INPUT = Shape.Structure.of(
            "Input",
            Member.required("StreamName", Shape.Text.matching(1, 5, "[a-z]+")),
            Member.optional("Limit", new Shape.Whole(1, 10)),
            Member.optional("Type", Shape.Text.oneOf("A", "B")),
            Member.optional("Data", new Shape.Blob(2)),
            Member.optional("Tags", new Shape.MapOf(Shape.Text.ofLength(1, 2), Shape.Text.ofLength(0, 2), 1, 2)),
            Member.optional(
                    "Records",
                    new Shape.ListOf(
                            Shape.Structure.of("Entry", Member.required("PartitionKey", Shape.Text.ofLength(1, 3))),
                            1,
                            2)));

    @Test
    void goodValuesPass() throws BodyException {
        assertThat(check("{'StreamName': 'abc', 'Limit': 10, 'Type': 'A', 'Data': 'AAA=', 'Tags': {'a': ''},"
                        + " 'Records': [{'PartitionKey': 'abc'}]}"))
                .isEmpty();
    }

    @Test
    void aMissingMemberIsNull() throws BodyException {
        assertThat(check("{}"))
                .contains("1 validation error detected: Value null at 'streamName' failed to satisfy constraint:"
                        + " Member must not be null");
    }

    @Test
    void everyRuleHasItsOwnWords() throws BodyException {
        assertThat(check("{'StreamName': '', 'Limit': 0, 'Type': 'C', 'Data': 'AAAA'}"))
                .contains("5 validation errors detected:"
                        + " Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression"
                        + " pattern: [a-z]+;"
                        + " Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than"
                        + " or equal to 1;"
                        + " Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or"
                        + " equal to 1;"
                        + " Value 'C' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [A, B];"
                        + " Value 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]' at 'data' failed to satisfy constraint:"
                        + " Member must have length less than or equal to 2");
        assertThat(check("{'StreamName': 'abcdef', 'Limit': 11}"))
                .contains("2 validation errors detected:"
                        + " Value 'abcdef' at 'streamName' failed to satisfy constraint: Member must have length less"
                        + " than or equal to 5;"
                        + " Value '11' at 'limit' failed to satisfy constraint: Member must have value less than or equal"
                        + " to 10");
    }

    @Test
    void listsAreCheckedWithinWithTheirPath() throws BodyException {
        assertThat(check("{'StreamName': 'abc', 'Records': [{'PartitionKey': 'a'}, {}]}"))
                .contains("1 validation error detected: Value null at 'records.2.member.partitionKey' failed to satisfy"
                        + " constraint: Member must not be null");
        assertThat(check("{'StreamName': 'abc', 'Records': []}"))
                .contains("1 validation error detected: Value '[]' at 'records' failed to satisfy constraint: Member"
                        + " must have length greater than or equal to 1");
        assertThat(check("{'StreamName': 'abc', 'Records': [{'PartitionKey': 'a'}, {'PartitionKey': 'a'},"
                                + " {'PartitionKey': 'a'}]}")
                        .orElseThrow())
                .matches(
                        "1 validation error detected: Value '\\[(com\\.amazonaws\\.kinesis\\.v20131202\\.Entry@[0-9a-f]+"
                                + "(, )?){3}]' at 'records' failed to satisfy constraint: Member must have length less than or"
                                + " equal to 2");
    }

    @Test
    void mapsAreCheckedByKeyAndValue() throws BodyException {
        assertThat(check("{'StreamName': 'abc', 'Tags': {'abc': 'abc'}}"))
                .contains("2 validation errors detected:"
                        + " Value '{abc=abc}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint:"
                        + " [Member must have length less than or equal to 2, Member must have length greater than or"
                        + " equal to 1];"
                        + " Value '{abc=abc}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint:"
                        + " [Member must have length less than or equal to 2, Member must have length greater than or"
                        + " equal to 0]");
    }

    @Test
    void noMoreThanTenViolationsAreNamedAndLongValuesAreCut() throws BodyException {
        String records = "{'PartitionKey': ''},".repeat(20) + "{'PartitionKey': ''}";
        String text = check("{'StreamName': '" + "x".repeat(5000) + "', 'Records': [" + records + "]}")
                .orElseThrow();

        assertThat(text).startsWith("23 validation errors detected: ").hasSizeLessThan(6000);
        assertThat(text.split("failed to satisfy constraint", -1)).hasSize(11);
    }

    private static Optional<String> check(String json) throws BodyException {
        ByteBuffer body = ByteBuffer.wrap(json.replace('\'', '"').getBytes(UTF_8));
        return ConstraintCheck.violationsOf(BodyReader.read(Encoding.JSON, body, INPUT));
    }
}
