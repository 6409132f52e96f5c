package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashKeyTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "user-42", "Zürich", "💧", "1"})
    void partitionKeyRoutesByTheMd5OfItsUtf8(String key) throws Exception {
        byte[] md5 = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));

        assertThat(HashKey.ofPartitionKey(key).toBigInteger()).isEqualTo(new BigInteger(1, md5));
    }

    @Test
    void textAndNumberSurviveTheRoundTrip() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 1_000; i++) {
            HashKey key = new HashKey(random.nextLong(), random.nextLong());
            assertThat(HashKey.parse(key.toString())).isEqualTo(key);
            assertThat(HashKey.of(key.toBigInteger())).isEqualTo(key);
        }
    }

    @Test
    void orderIsThatOfTheUnsignedNumbers() {
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 1_000; i++) {
            HashKey a = new HashKey(random.nextLong(), random.nextLong());
            HashKey b = random.nextBoolean() ? new HashKey(a.high(), random.nextLong()) : new HashKey(-1, i);
            assertThat(Integer.signum(a.compareTo(b)))
                    .isEqualTo(a.toBigInteger().compareTo(b.toBigInteger()));
        }
    }

    @Test
    void neighboursDifferByOneAcrossTheWordBoundary() {
        HashKey below = new HashKey(4, -1);

        assertThat(below.next()).isEqualTo(new HashKey(5, 0));
        assertThat(below.next().previous()).isEqualTo(below);
        assertThatThrownBy(HashKey.MAX::next).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(HashKey.MIN::previous).isInstanceOf(ArithmeticException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "x", "1.0", "340282366920938463463374607431768211456", "٣", " 1"})
    void textThatIsNoHashKeyIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> HashKey.parse(text));
    }

    @Test
    void highestKeyIsTwoToThe128MinusOne() {
        assertThat(HashKey.MAX).hasToString("340282366920938463463374607431768211455");
        assertThat(HashKey.parse("340282366920938463463374607431768211455")).isEqualTo(HashKey.MAX);
    }
}
