package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamArnTest {
    private static final String TEXT = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";

    @Test
    void partsAreReadAndWritten() {
        StreamArn arn = StreamArn.parse(TEXT);
        assertThat(arn).isEqualTo(new StreamArn("aws", "eu-west-1", "111122223333", "orders"));
        assertThat(arn).hasToString(TEXT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
                "arn:aws-cn:kinesis:cn-north-1:111122223333:stream/o.r-d_e",
                "arn:aws-us-gov:kinesis:us-gov-west-1:111122223333:stream/orders",
                "arn:aws-iso-b:kinesis:us-isob-east-1:111122223333:stream/orders"
            })
    void qualifiedNamesLeadBackToTheArn(String text) {
        StreamName qualified = StreamArn.parse(text).qualifiedName();
        assertThat(qualified.arn().map(StreamArn::toString)).contains(text);
        assertThat(qualified.plain()).isEqualTo(StreamArn.parse(text).name());
    }

    @Test
    void plainNamesHaveNoArn() {
        StreamName plain = new StreamName("orders");
        assertThat(plain.arn()).isEmpty();
        assertThat(plain.plain()).isEqualTo("orders");
        assertThat(plain).isNotEqualTo(StreamArn.parse(TEXT).qualifiedName());
        assertThat(StreamArn.parse(TEXT).qualifiedName()).hasToString("111122223333:eu-west-1:orders");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arn:aws:kinesis:eu-west-1:111122223333:stream/",
                "arn:aws:kinesis:eu-west-1:1:stream/orders",
                "arn:aws:sqs:eu-west-1:111122223333:orders",
                "arn:aws:kinesis:eu-west-1:111122223333:stream/orders/consumer/c:1",
                "arn:"
            })
    void otherArnsAreRefused(String text) {
        assertThat(StreamArn.isMeant(text)).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StreamArn.parse(text))
                .withMessageContaining("not the ARN of a stream");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1:eu-west-1:orders", "111122223333:eu-west-1:", "111122223333:orders", ":", "a:b:c"})
    void namesWithColonsAreNamesOnlyIfQualified(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new StreamName(text));
    }
}
