package io.millrace.consumer.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LetterTest {
    private static final Letter PLAIN = Letters.letter(4, "customer-7", Bytes.utf8("{\"amount\":-1}"));

    @Test
    void formIsTheOneThatTheDocsHave() {
        assertThat(PLAIN.toJson())
                .isEqualTo("{\"letter\":1,"
                        + "\"id\":\"shardId-000000000000:" + PLAIN.record().sequenceNumber() + ":0\","
                        + "\"application\":\"dashboard\",\"stream\":\"orders\",\"shard\":\"shardId-000000000000\","
                        + "\"epoch\":7,\"sequenceNumber\":\"" + PLAIN.record().sequenceNumber() + "\","
                        + "\"subSequenceNumber\":0,\"partitionKey\":\"customer-7\","
                        + "\"arrival\":\"2026-11-21T08:30:00.123Z\",\"attempts\":3,"
                        + "\"error\":\"java.lang.Error at A.b(A.java:1)\","
                        + "\"failedAt\":\"2026-11-21T08:31:07.000000009Z\",\"data\":\"eyJhbW91bnQiOi0xfQ==\"}");
        assertThat(Letter.parse(PLAIN.toJson())).isEqualTo(PLAIN);
    }

    @Test
    void nothingIsLostWhateverARecordHolds() {
        SplittableRandom random = new SplittableRandom(12);
        for (int i = 0; i < 2_000; i++) {
            byte[] data = new byte[random.nextInt(300)];
            random.nextBytes(data);
            StreamRecord record = new StreamRecord(
                    new RecordPosition(
                            SequenceNumber.of(
                                    random.nextInt(1 << 30), random.nextInt(99), random.nextLong(1L << 62), 1),
                            random.nextInt(3) == 0 ? random.nextLong(Long.MAX_VALUE) : 0),
                    anyText(random),
                    Bytes.wrap(data),
                    Instant.ofEpochSecond(random.nextLong(-1L << 34, 1L << 40), random.nextInt(1_000_000_000)));
            Letter letter = new Letter(
                    anyText(random),
                    new StreamName(random.nextBoolean() ? "orders" : "111122223333:eu-west-1:orders.v-2"),
                    ShardId.of(random.nextInt(Integer.MAX_VALUE)),
                    random.nextLong(Long.MAX_VALUE),
                    record,
                    1 + random.nextInt(Integer.MAX_VALUE - 1),
                    anyText(random),
                    Instant.ofEpochSecond(random.nextLong(1L << 40), random.nextInt(1_000_000_000)));

            String json = letter.toJson();
            assertThat(Letter.parse(json)).isEqualTo(letter);
            assertThat(json.chars()).allMatch(c -> c >= ' ' && c <= '~');
        }
    }

    /** Every kind of character, halves of pairs among them. */
    private static String anyText(SplittableRandom random) {
        StringBuilder text = new StringBuilder("k");
        for (int i = random.nextInt(20); i > 0; i--) {
            text.append((char) random.nextInt(random.nextBoolean() ? 0x100 : 0x10000));
        }
        return text.toString();
    }

    @Test
    void membersThatAreNotKnownArePassedOver() {
        assertThat(Letter.parse("  " + PLAIN.toJson().replace("\"epoch\"", "\"new\":{\"a\":[1]},\"epoch\"")))
                .isEqualTo(PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application",
                "stream",
                "shard",
                "epoch",
                "sequenceNumber",
                "subSequenceNumber",
                "partitionKey",
                "arrival",
                "attempts",
                "error",
                "failedAt",
                "data"
            })
    void memberThatIsMissingIsNamed(String member) {
        String without = PLAIN.toJson().replace("\"" + member + "\":", "\"other\":");

        assertThatThrownBy(() -> Letter.parse(without))
                .isInstanceOf(LetterException.class)
                .hasMessage("this is no letter: it has no member '" + member + "'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stream | \"a b\"",
                "shard | \"\"",
                "epoch | -1",
                "epoch | 1.5",
                "epoch | \"7\"",
                "sequenceNumber | \"12x\"",
                "sequenceNumber | 12",
                "subSequenceNumber | -1",
                "partitionKey | null",
                "arrival | \"yesterday\"",
                "attempts | 0",
                "data | \"payload!\""
            })
    void memberWithoutMeaningIsNamedAndNotQuoted(String member, String value) {
        String broken =
                PLAIN.toJson().replaceFirst("\"" + member + "\":(\"[^\"]*\"|[0-9]+)", "\"" + member + "\":" + value);

        assertThat(broken).isNotEqualTo(PLAIN.toJson());
        assertThatThrownBy(() -> Letter.parse(broken))
                .isInstanceOf(LetterException.class)
                .hasMessage("this letter cannot be read: its member '" + member + "' has no meaning");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "secret", "{\"letter\":1", "{} {}", "{},{}", "12", "{\"letter\":1}]["})
    void whatIsNoObjectIsNoLetter(String text) {
        assertThatThrownBy(() -> Letter.parse(text))
                .isInstanceOf(LetterException.class)
                .hasMessageStartingWith("this is no letter: ")
                .hasMessageNotContaining("secret");
    }

    @Test
    void twoLettersOnALineAreNotOne() {
        assertThatThrownBy(() -> Letter.parse(PLAIN.toJson() + PLAIN.toJson())).isInstanceOf(LetterException.class);
    }

    @Test
    void laterFormIsToldFromWhatIsNoLetter() {
        assertThatThrownBy(() -> Letter.parse("{\"letter\":2,\"body\":{}}"))
                .isInstanceOf(LetterException.class)
                .hasMessage("this is a letter of form 2, and this version reads form 1: use a newer one");
    }

    @Test
    void nothingThatTheRecordHoldsPrints() {
        assertThat(PLAIN).asString().contains(PLAIN.id()).doesNotContain("customer", "amount", "Error");
    }
}
