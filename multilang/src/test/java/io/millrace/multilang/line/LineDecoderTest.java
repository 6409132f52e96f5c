package io.millrace.multilang.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever Amazon's daemon bears is borne, and any bytes are a message or noise. */
class LineDecoderTest {
    private static final String CHECKPOINT =
            "{\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4}";

    @Test
    void statusNamesItsAction() {
        assertThat(decode("{\"action\":\"status\",\"responseFor\":\"initialize\"}"))
                .isEqualTo(new FromChild.Status("initialize"));
        assertThat(decode("{\"action\": \"status\", \"responseFor\": \"initialize\"}\r"))
                .isEqualTo(new FromChild.Status("initialize"));
        assertThat(decode("{\"action\":\"status\"}")).isEqualTo(new FromChild.Status(null));
        assertThat(decode("{\"action\":\"status\",\"responseFor\":null}")).isEqualTo(new FromChild.Status(null));
    }

    @Test
    void checkpointsOfBothClientsAreRead() {
        // As the Python client writes it, and the one for Node.js.
        assertThat(decode("{\"action\": \"checkpoint\", \"sequenceNumber\": null, \"subSequenceNumber\": null}"))
                .isEqualTo(new FromChild.Checkpoint(null, null));
        assertThat(decode("{\"action\":\"checkpoint\",\"sequenceNumber\":\"123\"}"))
                .isEqualTo(new FromChild.Checkpoint("123", null));
        assertThat(decode(CHECKPOINT)).isEqualTo(new FromChild.Checkpoint("123", 4L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"action\":\"checkpoint\",\"sequenceNumber\":123,\"subSequenceNumber\":\"4\"}",
                "{\"subSequenceNumber\":4,\"sequenceNumber\":\"123\",\"action\":\"checkpoint\"}",
                "{\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4} and more",
                "  {\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4.9}",
                "{\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4,\"more\":1,\"and\":[{\"x\":{}}]}",
                "{\"checkpoint\":{\"action\":\"status\"},\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4}",
                "{\"action\":\"status\",\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4}",
                "{\"\\u0061ction\":\"checkpoint\",\"sequenceNumber\":\"\\u003123\",\"subSequenceNumber\":4}"
            })
    void formsOfOneCheckpointAreBorne(String line) {
        assertThat(decode(line)).isEqualTo(new FromChild.Checkpoint("123", 4L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " \t",
                "hello",
                "{",
                "{\"action\":\"status\",",
                "{\"action\":\"status\",\"responseFor\":\"initialize\"",
                "[1]",
                "\"status\"",
                "12",
                "{}",
                "{\"action\":null}",
                "{\"action\":\"initialize\",\"shardId\":\"x\"}",
                "{\"action\":\"Status\",\"responseFor\":\"initialize\"}",
                "{\"action\":[\"status\"]}",
                "{\"action\":\"status\",\"responseFor\":{}}",
                "{\"action\":\"checkpoint\",\"sequenceNumber\":[]}",
                "{\"action\":\"checkpoint\",\"subSequenceNumber\":\"x\"}",
                "{\"action\":\"checkpoint\",\"subSequenceNumber\":true}",
                "{\"action\":\"checkpoint\",\"subSequenceNumber\":99999999999999999999}",
                "{\"action\":\"checkpoint\",\"subSequenceNumber\":1e1000000000}",
                "foo{\"action\":\"status\",\"responseFor\":\"initialize\"}"
            })
    void otherLinesAreNoise(String line) {
        assertThat(decode(line)).isInstanceOf(FromChild.Noise.class);
    }

    @Test
    void tinyFractionsAreZero() {
        assertThat(decode("{\"action\":\"checkpoint\",\"sequenceNumber\":\"1\",\"subSequenceNumber\":1e-1000000000}"))
                .isEqualTo(new FromChild.Checkpoint("1", 0L));
        assertThat(decode("{\"action\":\"checkpoint\",\"sequenceNumber\":\"1\",\"subSequenceNumber\":-3}"))
                .isEqualTo(new FromChild.Checkpoint("1", -3L));
    }

    /** Nothing of a line is in what is said about it: it may be a payload. */
    @Test
    void noiseTellsNothingOfItsLine() {
        assertThat(decode("{\"secret\":1}").toString()).doesNotContain("secret");
        assertThat(decode("{\"action\":\"secret\"}").toString()).doesNotContain("secret");
        assertThat(decode("secret").toString()).doesNotContain("secret");
    }

    @Test
    void anyBytesAreAMessageOrNoise() {
        byte[][] seeds = {
            CHECKPOINT.getBytes(StandardCharsets.UTF_8),
            "{\"action\":\"status\",\"responseFor\":\"processRecords\"}".getBytes(StandardCharsets.UTF_8),
            "{\"action\":\"checkpoint\",\"sequenceNumber\":1e9,\"x\":[[[{\"a\":\"\\ud83d\"}]]]}"
                    .getBytes(StandardCharsets.UTF_8)
        };
        long seed = Long.getLong("seed", 11);
        int inputs = Integer.getInteger("fuzz.lines", 20_000);
        SplittableRandom random = new SplittableRandom(seed);
        int messages = 0;
        for (int i = 0; i < inputs; i++) {
            byte[] line = mutated(seeds[random.nextInt(seeds.length)], random);
            try {
                if (!(LineDecoder.decode(line, 0, line.length) instanceof FromChild.Noise)) {
                    messages++;
                }
            } catch (RuntimeException | Error thrown) {
                throw new AssertionError(
                        "seed " + seed + ", input " + i + ": " + new String(line, StandardCharsets.ISO_8859_1), thrown);
            }
        }
        // Else the mutations are too wild to reach anything.
        assertThat(messages).isBetween(inputs / 20, inputs * 19 / 20);
    }

    private static byte[] mutated(byte[] seed, SplittableRandom random) {
        byte[] line = seed.clone();
        for (int change = random.nextInt(4); change > 0; change--) {
            int at = random.nextInt(line.length);
            switch (random.nextInt(4)) {
                case 0 -> line[at] = (byte) random.nextInt(256);
                case 1 -> line = java.util.Arrays.copyOf(line, 1 + random.nextInt(line.length));
                case 2 -> line[at] = (byte) "{}[]\",:0123456789e-+.\\ntf ".charAt(random.nextInt(26));
                default -> {
                    byte[] longer = new byte[line.length + 1 + random.nextInt(20)];
                    System.arraycopy(line, 0, longer, 0, at);
                    for (int i = at; i < longer.length - line.length + at; i++) {
                        longer[i] = line[random.nextInt(line.length)];
                    }
                    System.arraycopy(line, at, longer, longer.length - line.length + at, line.length - at);
                    line = longer;
                }
            }
        }
        return line;
    }

    @Test
    void bytesOfAnyKindAreBorne() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] line = new byte[random.nextInt(40)];
            random.nextBytes(line);
            // Zeros are what other encodings of Unicode begin with.
            for (int zero = random.nextInt(4); zero > 0 && line.length > 3; zero--) {
                line[random.nextInt(4)] = 0;
            }
            assertThat(LineDecoder.decode(line, 0, line.length)).isInstanceOf(FromChild.Noise.class);
        }
        byte[] lengthPrefixed = {0, 0, 0, 42, '{', '"', 'a', '"', ':', '1', '}'};
        assertThat(LineDecoder.decode(lengthPrefixed, 0, lengthPrefixed.length)).isInstanceOf(FromChild.Noise.class);
    }

    @Test
    void statusOfOurOwnPackagesTellsMore() {
        assertThat(decode("{\"action\":\"status\",\"responseFor\":\"processRecords\",\"processed\":true}"))
                .isEqualTo(new FromChild.Status("processRecords", new FromChild.Result.Processed()));
        assertThat(
                        decode(
                                "{\"action\":\"status\",\"responseFor\":\"processRecords\",\"processed\":false,\"error\":null}"))
                .isEqualTo(new FromChild.Status("processRecords"));
        assertThat(
                        decode(
                                "{\"action\":\"status\",\"responseFor\":\"x\",\"error\":\"ValueError\",\"trace\":\"at a.py:3 f\"}"))
                .isEqualTo(new FromChild.Status("x", new FromChild.Result.Failed("ValueError", "at a.py:3 f")));
        assertThat(decode("{\"action\":\"status\",\"responseFor\":\"x\",\"processed\":true,\"error\":\"E\"}"))
                .as("a failure is never taken for processed")
                .isEqualTo(new FromChild.Status("x", new FromChild.Result.Failed("E", "")));
        assertThat(decode("{\"action\":\"status\",\"responseFor\":\"x\",\"error\":{\"type\":\"E\"}}"))
                .as("whatever form it has")
                .isEqualTo(new FromChild.Status("x", new FromChild.Result.Failed("error", "")));
    }

    @Test
    void errorsAreBoundedAndEndNoLineOfALog() {
        FromChild told = decode("{\"action\":\"status\",\"responseFor\":\"x\",\"error\":\"A\\nB\\u001b]\\u202e"
                + "e".repeat(5_000) + "\",\"trace\":\"" + "t".repeat(5_000) + "\"}");
        assertThat(told)
                .isInstanceOfSatisfying(
                        FromChild.Status.class,
                        status -> assertThat(status.result())
                                .isInstanceOfSatisfying(FromChild.Result.Failed.class, failed -> {
                                    assertThat(failed.error())
                                            .startsWith("A B ] e")
                                            .hasSize(200);
                                    assertThat(failed.trace()).hasSize(2_000);
                                }));
    }

    private static FromChild decode(String line) {
        byte[] padded = ("#" + line + "#").getBytes(StandardCharsets.UTF_8);
        return LineDecoder.decode(padded, 1, padded.length - 2);
    }
}
