package io.millrace.streamcore.api.shape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.fail;

import io.millrace.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever the bytes, reading and checking them gives values or the module's own exception. */
class BodyReaderFuzzTest {
    private static final int SEEDS = 20_000;
    private static final Shape.Structure ENTRY = Shape.Structure.of(
            "Entry",
            Member.required("Data", new Shape.Blob(1000)),
            Member.optional("Key", Shape.Text.matching(1, 256, "[a-z]+")));
    private static final Shape.Structure INPUT = Shape.Structure.of(
            "Input",
            Member.required("Name", Shape.Text.ofLength(1, 128)),
            Member.optional("Limit", new Shape.Whole(1, 100)),
            Member.optional("Flag", new Shape.Flag()),
            Member.optional("Time", new Shape.Time()),
            Member.optional("Entries", new Shape.ListOf(ENTRY, 1, 500)),
            Member.optional("Tags", new Shape.MapOf(Shape.Text.ofLength(1, 9), Shape.Text.ofLength(0, 9), 1, 9)));

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void randomBytesAreReadOrRefused(Encoding encoding) {
        seeds().forEach(seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] body = new byte[random.nextInt(64)];
            random.nextBytes(body);
            tryReading(encoding, body, seed);
        });
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void mutatedRequestsAreReadOrRefused(Encoding encoding) throws IOException {
        byte[] valid = valid(encoding);
        seeds().forEach(seed -> tryReading(encoding, mutate(valid, new SplittableRandom(seed)), seed));
    }

    private static void tryReading(Encoding encoding, byte[] body, long seed) {
        try {
            var unused = ConstraintCheck.violationsOf(BodyReader.read(encoding, ByteBuffer.wrap(body), INPUT));
        } catch (BodyException expected) {
            // The module's own.
        } catch (RuntimeException | Error e) {
            fail("seed " + seed + ", " + encoding + " body " + HexFormat.of().formatHex(body), e);
        }
    }

    private static byte[] mutate(byte[] valid, SplittableRandom random) {
        byte[] body = valid.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(body.length);
            switch (random.nextInt(4)) {
                case 0 -> body[at] = (byte) random.nextInt(256);
                case 1 -> body[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> body = Arrays.copyOf(body, at + 1);
                default -> {
                    int from = random.nextInt(body.length);
                    int length = Math.min(random.nextInt(9), body.length - Math.max(at, from));
                    System.arraycopy(body.clone(), from, body, at, length);
                }
            }
        }
        return body;
    }

    private static byte[] valid(Encoding encoding) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (AnswerWriter writer = new AnswerWriter(encoding, out)) {
            writer.start()
                    .text("Name", "orders")
                    .number("Limit", 17)
                    .flag("Flag", true)
                    .time("Time", Instant.ofEpochMilli(1_700_000_000_125L))
                    .startList("Entries");
            for (int i = 0; i < 3; i++) {
                writer.start()
                        .blob("Data", Bytes.copyOf("some data é".repeat(i * 7).getBytes(UTF_8)))
                        .text("Key", "key" + i)
                        .end();
            }
            writer.endList()
                    .start("Tags")
                    .text("a", "b")
                    .end()
                    .start("Ignored")
                    .number("n", 1)
                    .end()
                    .end();
        }
        return out.toByteArray();
    }

    /** All seeds, or the one of {@code -Dseed=N}. */
    private static LongStream seeds() {
        Long only = Long.getLong("seed");
        return only == null ? LongStream.range(0, SEEDS) : LongStream.of(only);
    }
}
