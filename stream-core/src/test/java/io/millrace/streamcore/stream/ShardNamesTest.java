package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.ShardId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ShardNamesTest {
    @ParameterizedTest
    @CsvSource({
        "shardId-000000000007,7",
        "shardId-7,7",
        "7,7",
        "000,0",
        "anything-12,12",
        "shardId-2147483647,2147483647",
        "a-3-b,3"
    })
    void looseNamesHaveANumber(String name, int number) {
        assertThat(ShardNames.index(new ShardId(name))).hasValue(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "shardId",
                "shardId-",
                "shardId-x",
                "shardId-2147483648",
                "shardId-1x",
                "-",
                "shardId-99999999999999999999"
            })
    void otherNamesHaveNone(String name) {
        assertThat(ShardNames.index(new ShardId(name))).isEmpty();
    }
}
