package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SequenceDigitsTest {
    private static final long CREATED = 1_795_000_000L;

    @Test
    void digitsAreThoseOfTheRecordsThatFollow() {
        SplittableRandom random = new SplittableRandom(11);
        for (int run = 0; run < 300; run++) {
            long index = random.nextLong(Long.MAX_VALUE >>> random.nextInt(60));
            long created = random.nextLong(1L << 36);
            int shard = random.nextInt(Integer.MAX_VALUE);
            SequenceDigits digits = new SequenceDigits(SequenceNumber.of(created, shard, index, CREATED));
            for (long i = index; i < index + 50 && i >= 0; i++) {
                assertThat(text(digits))
                        .as("created %d shard %d index %d", created, shard, i)
                        .isEqualTo(SequenceNumber.of(created, shard, i, CREATED)
                                .toBigInteger()
                                .toString());
                digits.next();
            }
        }
    }

    @Test
    void numberIsNextAfterThatOfTheRecordBeforeIt() {
        SplittableRandom random = new SplittableRandom(13);
        for (int i = 0; i < 1_000; i++) {
            long index = random.nextLong(Long.MAX_VALUE >>> random.nextInt(1, 60)) | (i % 3 == 0 ? (1L << 48) - 1 : 0);
            SequenceNumber number = SequenceNumber.of(CREATED, 3, index, CREATED);
            SequenceNumber next = SequenceNumber.of(CREATED, 3, index + 1, CREATED);
            assertThat(next.isNextAfter(number)).as("index %d", index).isTrue();
            assertThat(number.isNextAfter(next)).isFalse();
            assertThat(number.isNextAfter(number)).isFalse();
            assertThat(SequenceNumber.of(CREATED, 3, index + 1, CREATED + 1).isNextAfter(number))
                    .isFalse();
            assertThat(SequenceNumber.of(CREATED, 19, index + 1, CREATED).isNextAfter(number))
                    .isFalse();
        }
    }

    @Test
    void numbersOfAnotherFormAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SequenceDigits(SequenceNumber.ZERO));
    }

    @Test
    void textOfAnyNumberIsThatOfTheBigInteger() {
        SplittableRandom random = new SplittableRandom(12);
        for (int i = 0; i < 20_000; i++) {
            BigInteger value = new BigInteger(1 + random.nextInt(192), new Random(random.nextLong()));
            assertThat(SequenceNumber.parse(value.toString())).hasToString(value.toString());
        }
        assertThat(SequenceNumber.ZERO).hasToString("0");
    }

    @Test
    void numbersAtTheEdgesOfGroupsAndWordsAreReadAsTheBigInteger() {
        for (int bits : new int[] {1, 59, 60, 63, 64, 65, 119, 120, 127, 128, 129, 179, 180, 191, 192}) {
            BigInteger power = BigInteger.TWO.pow(bits);
            for (BigInteger value :
                    new BigInteger[] {power.subtract(BigInteger.ONE), power, power.add(BigInteger.ONE)}) {
                if (value.bitLength() <= 192) {
                    assertThat(SequenceNumber.parse(value.toString()).toBigInteger())
                            .isEqualTo(value);
                } else {
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> SequenceNumber.parse(value.toString()))
                            .withMessageContaining("above 2^192");
                }
            }
        }
        for (int digits = 1; digits <= 57; digits++) {
            BigInteger nines = BigInteger.TEN.pow(digits).subtract(BigInteger.ONE);
            assertThat(SequenceNumber.parse(nines.toString()).toBigInteger()).isEqualTo(nines);
            assertThat(SequenceNumber.parse("0".repeat(58 - digits) + nines).toBigInteger())
                    .isEqualTo(nines);
        }
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.parse("9".repeat(58)));
    }

    private static String text(SequenceDigits digits) {
        byte[] text = new byte[SequenceDigits.LENGTH];
        digits.copyTo(text, 0);
        return new String(text, StandardCharsets.US_ASCII);
    }
}
