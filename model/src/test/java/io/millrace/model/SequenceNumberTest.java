package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceNumberTest {
    private static final long CREATED = 1_795_000_000L;

    @Test
    void hasTheServicesLayout() {
        String hex = SequenceNumber.of(CREATED, 0x1234_567a, 0x0123_4567_89ab_cdefL, CREATED + 5)
                .toBigInteger()
                .toString(16);

        assertThat(hex)
                .isEqualTo("2" + String.format(Locale.ROOT, "%09x", CREATED) + "a" + "0123456789abcdef" + "00"
                        + String.format(Locale.ROOT, "%09x", CREATED + 5) + "1234567a" + "2");
    }

    @Test
    void takesOneHundredEightySixBitsAndFiftySixDigits() {
        SequenceNumber number = SequenceNumber.of(CREATED, 0, 0, CREATED);

        assertThat(number.toBigInteger().bitLength()).isEqualTo(186);
        assertThat(number.toString()).hasSize(56);
    }

    @Test
    void partsAndTextSurviveTheRoundTrip() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 1_000; i++) {
            SequenceNumber.Parts parts = new SequenceNumber.Parts(
                    random.nextLong(1L << 36),
                    random.nextInt(Integer.MAX_VALUE),
                    random.nextLong(Long.MAX_VALUE),
                    random.nextLong(1L << 36));
            SequenceNumber number =
                    SequenceNumber.of(parts.createdSeconds(), parts.shardIndex(), parts.index(), parts.recordSeconds());

            assertThat(number.parts()).isEqualTo(parts);
            assertThat(SequenceNumber.parse(number.toString()))
                    .isEqualTo(number)
                    .hasSameHashCodeAs(number);
        }
    }

    @Test
    void orderIsThatOfTheNumbers() {
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 1_000; i++) {
            SequenceNumber a = any(random);
            SequenceNumber b = any(random);
            assertThat(Integer.signum(a.compareTo(b)))
                    .isEqualTo(a.toBigInteger().compareTo(b.toBigInteger()));
        }
    }

    @Test
    void indexAloneDecidesTheOrderWithinAShard() {
        SequenceNumber earlier = SequenceNumber.of(CREATED, 3, 7, CREATED + 1_000);
        SequenceNumber later = SequenceNumber.of(CREATED, 3, 8, CREATED);

        assertThat(later).isGreaterThan(earlier);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "x", "1e5", "99999999999999999999999999999999999999999999999999999999999"})
    void textThatIsNoSequenceNumberIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "21267647932558653966460912964485513216"})
    void otherNumbersAreComparableButHaveNoParts(String text) {
        SequenceNumber number = SequenceNumber.parse(text);

        assertThat(number).hasToString(text).isLessThan(SequenceNumber.of(CREATED, 0, 0, CREATED));
        assertThatIllegalArgumentException().isThrownBy(number::parts);
    }

    @Test
    void partsOutOfRangeAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.of(1L << 36, 0, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.of(0, -1, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.of(0, 0, -1, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.of(0, 0, 0, -1));
    }

    @Test
    void bytesWithinOthersAreReadAsTheNumberThatTheyWrite() {
        SplittableRandom random = new SplittableRandom(5);
        for (int bits = 0; bits <= 192; bits++) {
            BigInteger number = new BigInteger(bits, new java.util.Random(random.nextLong()));
            String decimal = number.toString();
            byte[] text = ("\"" + decimal + "\"99").getBytes(StandardCharsets.US_ASCII);

            assertThat(SequenceNumber.parse(text, 1, 1 + decimal.length()).toBigInteger())
                    .isEqualTo(number);
        }
    }

    @Test
    void byteThatIsNoDigitIsRefusedWhereverItStands() {
        byte[] text = SequenceNumber.of(CREATED, 0, 0, CREATED).toString().getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at < text.length; at++) {
            byte digit = text[at];
            for (int other = Byte.MIN_VALUE; other <= Byte.MAX_VALUE; other++) {
                if (other < '0' || other > '9') {
                    text[at] = (byte) other;
                    assertThatIllegalArgumentException().isThrownBy(() -> SequenceNumber.parse(text, 0, text.length));
                }
            }
            text[at] = digit;
        }
    }

    private static SequenceNumber any(SplittableRandom random) {
        return SequenceNumber.parse(
                new BigInteger(random.nextInt(193), new java.util.Random(random.nextLong())).toString());
    }
}
