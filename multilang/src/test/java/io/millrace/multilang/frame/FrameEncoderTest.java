package io.millrace.multilang.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.millrace.model.Bytes;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.multilang.line.FromChild;
import io.millrace.multilang.line.LineDecoder;
import io.millrace.multilang.line.ToChild;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bytes of frames by the golden vectors, in both directions, and by chance. */
class FrameEncoderTest {
    /** How many inputs the fuzzers take; {@code -Dmultilang.fuzz=1000000} for a long run. */
    private static final int INPUTS = Integer.getInteger("multilang.fuzz", 5_000);

    private final FrameEncoder encoder = new FrameEncoder();

    @Test
    void framesAreThoseOfTheGoldenVectors() {
        assertThat(Golden.batches()).hasSize(4).allSatisfy(golden -> {
            assertThat(Bytes.wrap(encoder.encode(golden.message()))).isEqualTo(golden.frame());
            assertThat(FrameReader.read(golden.frame())).isEqualTo(golden.message());
        });
    }

    @Test
    void whatIsNoFrameIsRefused() {
        assertThat(Golden.bad())
                .hasSizeGreaterThan(10)
                .allSatisfy(bad -> assertThatIllegalArgumentException().isThrownBy(() -> FrameReader.read(bad)));
    }

    @Test
    void messagesOfChildrenMeanWhatTheGoldenVectorsSay() {
        assertThat(Golden.said()).hasSize(5).allSatisfy(said -> {
            // The line feed before a message ends a blank line.
            byte[] bytes = said.bytes().toByteArray();
            int length = bytes.length - 2;
            assertThat(bytes[0]).isEqualTo((byte) '\n');
            String[] words = said.words().toArray(String[]::new);
            switch (words[0]) {
                case "hello" ->
                    assertThat(Hello.parse(bytes, 1, length)).contains(new Hello(FrameEncoder.VERSION, words[1]));
                case "checkpoint" ->
                    assertThat(LineDecoder.decode(bytes, 1, length))
                            .isEqualTo(
                                    words[1].equals("-")
                                            ? new FromChild.Checkpoint(null, null)
                                            : new FromChild.Checkpoint(words[1], Long.parseLong(words[2])));
                default ->
                    assertThat(LineDecoder.decode(bytes, 1, length))
                            .isEqualTo(new FromChild.Status(
                                    words[1],
                                    words[2].equals("processed")
                                            ? new FromChild.Result.Processed()
                                            : new FromChild.Result.Answered()));
            }
        });
    }

    @Test
    void otherMessagesAreLines() {
        assertThat(new String(encoder.encode(new ToChild.LeaseLost()), StandardCharsets.US_ASCII))
                .isEqualTo("{\"action\":\"leaseLost\"}\n");
        assertThat(new String(
                        encoder.encode(new ToChild.Open("00ff", new StreamName("orders"))), StandardCharsets.US_ASCII))
                .isEqualTo("{\"action\":\"open\",\"token\":\"00ff\",\"stream\":\"orders\"}\n");
    }

    @Test
    void recordsAboveTheLimitAreRefused() {
        StreamRecord large = new StreamRecord(
                RecordPosition.of(SequenceNumber.parse("1")), "k", Bytes.wrap(new byte[1 << 20]), Instant.EPOCH);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> encoder.encode(new ToChild.ProcessRecords(Collections.nCopies(256, large), 0)))
                .withMessageContaining("above the limit of a frame, 268435456");
    }

    @Test
    void anyRecordsComeBack() {
        Random random = new Random(7);
        for (int i = 0; i < INPUTS; i++) {
            ToChild.ProcessRecords message = new ToChild.ProcessRecords(records(random), random.nextLong());
            assertThat(FrameReader.read(Bytes.wrap(encoder.encode(message)))).isEqualTo(message);
        }
    }

    /** The daemon reads lines and greetings: any bytes are a message or none, and no exception. */
    @Test
    void anyBytesAreAMessageOrNone() {
        Random random = new Random(11);
        List<byte[]> seeds = new ArrayList<>();
        Golden.said().forEach(said -> seeds.add(said.bytes().toByteArray()));
        seeds.add("{\"action\":\"status\",\"responseFor\":\"processRecords\",\"error\":\"E\",\"trace\":\"at a.py:1 f\"}"
                .getBytes(StandardCharsets.US_ASCII));
        assertTimeoutPreemptively(Duration.ofMinutes(10), () -> {
            int messages = 0;
            for (int i = 0; i < INPUTS; i++) {
                byte[] input = changed(seeds.get(random.nextInt(seeds.size())), random);
                Optional<Hello> hello = Hello.parse(input, 0, input.length);
                FromChild line = LineDecoder.decode(input, 0, input.length);
                messages += hello.isPresent() || !(line instanceof FromChild.Noise) ? 1 : 0;
            }
            assertThat(messages).as("inputs that are messages still").isBetween(INPUTS / 20, INPUTS);
        });
    }

    private static List<StreamRecord> records(Random random) {
        List<StreamRecord> records = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            byte[] data = new byte[random.nextInt(40)];
            random.nextBytes(data);
            StringBuilder key = new StringBuilder();
            for (int c = random.nextInt(8); c >= 0; c--) {
                int point = random.nextInt(Character.MAX_CODE_POINT);
                key.appendCodePoint(point >= 0xd800 && point < 0xe000 ? 'x' : point);
            }
            SequenceNumber number =
                    SequenceNumber.parse(new java.math.BigInteger(random.nextInt(192), random).toString());
            records.add(new StreamRecord(
                    new RecordPosition(number, random.nextInt(Integer.MAX_VALUE)),
                    key.toString(),
                    Bytes.wrap(data),
                    Instant.ofEpochMilli(random.nextLong(1L << 45))));
        }
        return records;
    }

    private static byte[] changed(byte[] seed, Random random) {
        byte[] input =
                java.util.Arrays.copyOf(seed, random.nextInt(8) == 0 ? random.nextInt(seed.length) : seed.length);
        for (int i = random.nextInt(4); i > 0 && input.length > 0; i--) {
            input[random.nextInt(input.length)] = (byte) random.nextInt(256);
        }
        return input;
    }
}
