package io.millrace.multilang.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.consumer.mapping.BatchAnswer;
import io.millrace.consumer.processor.ProcessingFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of handlers, by the documentation's lists of what is a success and what is a failure. */
class LambdaAnswerTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "\"text\"",
                "7",
                "[]",
                "{\"batchItemFailures\":[]}",
                "{\"batchItemFailures\":null}",
                "{\"other\":[{\"itemIdentifier\":\"1\"}]}"
            })
    void answerThatNamesNoItemIsSuccess(String answer) {
        assertThat(LambdaAnswer.parse(answer, true)).isEqualTo(BatchAnswer.PROCESSED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"batchItemFailures\":[{\"itemIdentifier\":\"\"}]}",
                "{\"batchItemFailures\":[{\"itemIdentifier\":null}]}",
                "{\"batchItemFailures\":[{\"bad\":\"123\"}]}",
                "{\"batchItemFailures\":[{}]}",
                "{\"batchItemFailures\":[{\"itemIdentifier\":{\"a\":1}}]}",
                "{\"batchItemFailures\":[{\"itemIdentifier\":\"no number\"}]}",
                "{\"batchItemFailures\":[\"123\"]}",
                "{\"batchItemFailures\":[{\"itemIdentifier\":\"1\"},{\"itemIdentifier\":\"\"}]}",
                "{\"batchItemFailures\":{\"itemIdentifier\":\"1\"}}"
            })
    void answerThatIsMalformedFailsTheWholeBatchWhereItIsAskedFor(String answer) {
        assertThatThrownBy(() -> LambdaAnswer.parse(answer, true))
                .isInstanceOf(ProcessingFailedException.class)
                .hasMessageEndingWith("which fails the whole batch");
        assertThat(LambdaAnswer.parse(answer, false)).isEqualTo(BatchAnswer.PROCESSED);
    }

    @Test
    void itemsAreSequenceNumbersAndOtherMembersAreSkipped() {
        BatchAnswer answer = LambdaAnswer.parse(
                "{\"x\":{\"state\":1},\"batchItemFailures\":[{\"why\":[1,2],\"itemIdentifier\":\"77\"},{\"itemIdentifier\":78}]}",
                true);
        assertThat(answer.failures()).map(Object::toString).containsExactly("77", "78");
        assertThat(answer.stateOrNull()).isNull();
    }

    @Test
    void stateIsKeptAsItIsInAsciiAlone() {
        assertThat(LambdaAnswer.parse("{\"state\":{\"k\u00e4\":[1,2.50,1e400,true,null]}}", false)
                        .stateOrNull())
                .isEqualTo("{\"k\\u00E4\":[1,2.50,1E+400,true,null]}");
        assertThat(LambdaAnswer.parse("{\"state\":null}", false).stateOrNull()).isNull();
        assertThat(LambdaAnswer.parse("{\"state\":{}}", false).toString())
                .isEqualTo("BatchAnswer[0 failures, a state]");
    }
}
