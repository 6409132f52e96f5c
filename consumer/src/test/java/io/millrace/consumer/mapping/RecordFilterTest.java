package io.millrace.consumer.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordFilterTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // Those of the documentation.
                "{'data':{'order':{'type':['buy']}}} | {'record':12345,'order':{'type':'buy','stock':'ANYCO'}} | true",
                "{'data':{'order':{'type':['buy']}}} | {'record':12345,'order':{'type':'sell'}} | false",
                "{'data':{'Temperature':[{'numeric':['>',10,'<=',20]}]}} | {'Temperature':15} | true",
                "{'data':{'Temperature':[{'numeric':['>',10,'<=',20]}]}} | {'Temperature':21} | false",
                "{'data':{'City':[{'prefix':'Sea'}]}} | {'City':'Seattle'} | true",
                "{'data':{'City':[{'anything-but':['Oslo']}]}} | {'City':'Oslo'} | false",
                "{'data':{'City':[{'exists':false}]}} | {'Town':1} | true",
                // Data that are no JSON match nothing that speaks of them.
                "{'data':{'City':[{'exists':false}]}} | City | false",
                "{'data':{'x':['1']}} | {'x':'1'} and more | false",
                "{'data':{'x':['1']}} | {'x':'1' | false",
                "{'data':{'x':['1']}} | {'y':1},'x':'1' | false",
                // Others do not look at them.
                "{'partitionKey':['key']} | City | true",
                "{'partitionKey':['other']} | City | false",
                "{'partitionKey':['key'],'data':{'x':[1]}} | {'x':1} | true",
                "{'partitionKey':['key'],'data':{'x':[1]}} | City | false"
            })
    void patternTakesWhatTheDocumentationSays(String pattern, String data, boolean isTaken) {
        assertThat(RecordFilter.of(List.of(quoted(pattern))).test(record(quoted(data))))
                .isEqualTo(isTaken);
    }

    @Test
    void anyOfSeveralPatternsIsEnough() {
        RecordFilter filter = RecordFilter.of(
                List.of("{\"data\":{\"a\":[1]}}", "{\"data\":{\"b\":[2]}}", "{\"partitionKey\":[\"x\"]}"));
        assertThat(filter.test(record("{\"b\":2}"))).isTrue();
        assertThat(filter.test(record("{\"a\":1,\"b\":3}"))).isTrue();
        assertThat(filter.test(record("{\"a\":2}"))).isFalse();
    }

    @Test
    void emptyDataAndBytesThatAreNoTextMatchNothing() {
        RecordFilter filter = RecordFilter.of(List.of("{\"data\":{\"a\":[{\"exists\":false}]}}"));
        assertThat(filter.test(record(""))).isFalse();
        assertThat(filter.test(record(Bytes.copyOf(new byte[] {-13, -119, -102, -62, 0, 1}))))
                .isFalse();
    }

    /** To say no would leave the record out, and nobody would know why. */
    @Test
    void dataThatTheLibraryCannotReadAreNoReasonToLeaveTheRecordOut() {
        RecordFilter filter = RecordFilter.of(List.of("{\"data\":{\"a\":[1]}}"));
        String deep = "{\"b\":" + "[".repeat(1_200) + "]".repeat(1_200) + ",\"a\":1}";
        assertThatThrownBy(() -> filter.test(record(deep)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the library of filters fails at a record");
        assertThat(filter.test(record("{\"b\":" + "[".repeat(900) + "]".repeat(900) + ",\"a\":1}")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'data':{'x':'y'}} | must be an object or an array",
                "nothing | refused",
                "{'data':{'x':[{'numeric':['>']}]}} | refused",
                "{'data':{'x':[{'unknown':1}]}} | refused"
            })
    void patternThatTheLibraryRefusesIsToldInOneLine(String pattern, String why) {
        assertThatThrownBy(() -> RecordFilter.of(List.of(quoted(pattern))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("filter 1")
                .hasMessageContaining(why)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void tooManyOrTooLongPatternsAreRefused() {
        String pattern = "{\"partitionKey\":[\"x\"]}";
        assertThatThrownBy(() -> RecordFilter.of(Collections.nCopies(11, pattern)))
                .hasMessageContaining("1 to 10");
        assertThatThrownBy(() -> RecordFilter.of(List.of())).hasMessageContaining("1 to 10");
        assertThatThrownBy(() -> RecordFilter.of(List.of("{\"partitionKey\":[\"" + "x".repeat(4_096) + "\"]}")))
                .hasMessageContaining("4096");
    }

    private static String quoted(String text) {
        return text.replace('\'', '"');
    }

    private static StreamRecord record(String data) {
        return record(Bytes.utf8(data));
    }

    private static StreamRecord record(Bytes data) {
        return new StreamRecord(RecordPosition.of(SequenceNumber.parse("7")), "key", data, Instant.ofEpochSecond(9));
    }
}
