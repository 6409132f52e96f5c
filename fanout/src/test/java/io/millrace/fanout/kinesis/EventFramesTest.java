package io.millrace.fanout.kinesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventFramesTest {
    @Test
    void messagesAreWholeHoweverTheirBytesAreCut() {
        SplittableRandom random = new SplittableRandom(8);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int length = random.nextInt(i % 5 == 0 ? 100_000 : 200);
            written.writeBytes(message("event " + i, "\"" + "x".repeat(length) + "\""));
            expected.add("event " + i + " " + length);
        }
        byte[] all = written.toByteArray();
        for (int most : new int[] {1, 7, 500, 16_384, 70_000, all.length}) {
            EventFrames frames = new EventFrames();
            List<String> seen = new ArrayList<>();
            for (int from = 0; from < all.length; ) {
                int length = Math.min(all.length - from, 1 + random.nextInt(most));
                assertThat(frames.missing()).isPositive();
                frames.add(ByteBuffer.wrap(all, from, length));
                from += length;
                for (Optional<EventFrames.Message> next = frames.peek(); next.isPresent(); next = frames.peek()) {
                    EventFrames.Message message = next.get();
                    seen.add(message.header(":event-type") + " "
                            + message.json().text().length());
                    message.remove();
                }
            }
            assertThat(frames.isEmpty()).isTrue();
            assertThat(seen).as("in pieces of up to %s", most).isEqualTo(expected);
        }
    }

    @Test
    void whatIsMissingOfAMessageIsKnownOnceItsBeginningIsThere() {
        byte[] bytes = message("event", "x".repeat(1_000));
        EventFrames frames = new EventFrames();
        assertThat(frames.missing()).isEqualTo(12);
        frames.add(ByteBuffer.wrap(bytes, 0, 5));
        assertThat(frames.missing()).isEqualTo(7);
        frames.add(ByteBuffer.wrap(bytes, 5, 7));
        assertThat(frames.missing()).isEqualTo(bytes.length - 12);
        frames.add(ByteBuffer.wrap(bytes, 12, bytes.length - 12));
        assertThat(frames.missing()).isZero();
    }

    @Test
    void headersOfEveryTypeArePassedOverAndTextsAreKept() {
        byte[] bytes = new Frame()
                .header("true", 0)
                .header("false", 1)
                .header("byte", 2, (byte) 7)
                .header("short", 3, new byte[2])
                .header("int", 4, new byte[4])
                .header("long", 5, new byte[8])
                .header("bytes", 6, (byte) 0, (byte) 2, (byte) 7, (byte) 7)
                .text("text", "\u00e4 text")
                .header("time", 8, new byte[8])
                .header("uuid", 9, new byte[16])
                .text("last", "")
                .payload("7");
        EventFrames frames = new EventFrames();
        frames.add(ByteBuffer.wrap(bytes));
        EventFrames.Message read = frames.peek().orElseThrow();
        assertThat(read.header("text")).isEqualTo("\u00e4 text");
        assertThat(read.header("bytes")).isEmpty();
        assertThat(read.json().integer()).isEqualTo(7);
    }

    @Test
    void headersThatDoNotEndOrHaveAnUnknownTypeAreRefused() {
        List<byte[]> wrong = List.of(
                new Frame().header("unknown", 10).payload("{}"),
                new Frame().header("long", 5, new byte[7]).payload("{}"),
                new Frame().header("text", 7, (byte) 0, (byte) 2, (byte) 7).payload("{}"),
                new Frame().header("text", 7, (byte) 0).payload("{}"));
        for (byte[] bytes : wrong) {
            EventFrames frames = new EventFrames();
            frames.add(ByteBuffer.wrap(bytes));
            assertThatIllegalArgumentException().isThrownBy(frames::peek);
        }
    }

    @Test
    void bitThatIsNotAsItWasWrittenIsRefusedWhereverItStands() {
        byte[] bytes = message("event", "{}");
        for (int at = 0; at < bytes.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                bytes[at] ^= (byte) (1 << bit);
                EventFrames frames = new EventFrames();
                frames.add(ByteBuffer.wrap(bytes));
                assertThatIllegalArgumentException()
                        .as("bit %s of byte %s", bit, at)
                        .isThrownBy(frames::peek);
                bytes[at] ^= (byte) (1 << bit);
            }
        }
    }

    private static byte[] message(String type, String json) {
        return new Frame()
                .text(":message-type", "event")
                .text(":event-type", type)
                .payload(json);
    }
}
