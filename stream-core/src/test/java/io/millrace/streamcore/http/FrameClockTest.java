package io.millrace.streamcore.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.operate.MemoryShortage;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Bytes of an HTTP/2 connection over hours, with a clock that the test moves. */
class FrameClockTest {
    private static final Duration HEADER = HttpLimits.DEFAULT.header();
    private static final Duration REQUEST = HttpLimits.DEFAULT.request();
    private static final Duration STEP = Duration.ofSeconds(1);

    private final AtomicLong now = new AtomicLong();
    private final Ticker ticker = now::get;
    private final List<String> refusals = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new FrameClock(new HttpContext(
            HttpLimits.DEFAULT,
            request -> CompletableFuture.completedFuture(ApiAnswer.whole(200, Map.of(), ApiAnswer.Whole.EMPTY)),
            (peer, status, reason) -> refusals.add(reason),
            ticker,
            new Drain(),
            new PushLoad(),
            new RequestMemory(HttpLimits.DEFAULT, connection -> {}),
            new MemoryShortage(ticker))));

    @AfterEach
    void stop() {
        channel.finishAndReleaseAll();
    }

    private void send(byte... bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(bytes.clone()));
    }

    private void preface() {
        send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
        send(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]));
    }

    private void pass(Duration time) {
        for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(STEP)) {
            now.addAndGet(STEP.toNanos());
            channel.advanceTimeBy(STEP.toMillis(), TimeUnit.MILLISECONDS);
            channel.runScheduledPendingTasks();
        }
    }

    /** True if it is open shortly before the limit, and closed soon after it. */
    private void assertCutAfter(Duration limit) {
        pass(limit.minus(STEP));
        assertThat(channel.isOpen()).as("before the limit").isTrue();
        pass(Duration.ofSeconds(10));
        assertThat(channel.isOpen()).as("after the limit").isFalse();
        assertThat(refusals).containsExactly(RequestHandler.SLOW);
    }

    @Test
    void aHeaderWithoutItsEndIsCut() {
        preface();
        send(RawHttp2.frame(RawHttp2.HEADERS, 0, 1, new byte[] {(byte) 0x83}));
        assertCutAfter(HEADER);
    }

    @Test
    void aHeaderThatGoesOnAndOnIsCut() {
        preface();
        send(RawHttp2.frame(RawHttp2.HEADERS, 0, 1, new byte[] {(byte) 0x83}));
        for (int i = 0; i < HEADER.toSeconds(); i++) {
            pass(STEP);
            send(RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, new byte[] {(byte) 0x84}));
        }
        pass(Duration.ofSeconds(6));
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void aFrameOfAHeaderThatComesByteByByteIsCut() {
        preface();
        for (byte next : RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, new byte[20])) {
            if (channel.isOpen()) {
                send(next);
                pass(STEP);
            }
        }
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void anotherFrameHasAsLongAsARequest() {
        preface();
        byte[] data = RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[20]);
        send(java.util.Arrays.copyOf(data, 15));
        assertCutAfter(REQUEST);
    }

    @Test
    void aConnectionBetweenFramesIsNotCut() {
        preface();
        send(RawHttp2.frame(RawHttp2.HEADERS, 0, 1, new byte[] {(byte) 0x83}));
        send(RawHttp2.frame(RawHttp2.CONTINUATION, RawHttp2.END_HEADERS, 1, new byte[] {(byte) 0x84}));
        pass(Duration.ofHours(1));
        assertThat(channel.isOpen()).isTrue();
        send(RawHttp2.frame(RawHttp2.DATA, 1, 1, new byte[0]));
        pass(Duration.ofHours(1));
        assertThat(channel.isOpen()).isTrue();
    }

    /** A connection that is never still at the end of a frame is a busy one. */
    @Test
    void framesCutAnywhereThatComeInTimeAreNotCut() {
        preface();
        SplittableRandom random = new SplittableRandom(1);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 300; i++) {
            boolean isHeader = random.nextBoolean();
            int flags = isHeader ? RawHttp2.END_HEADERS : 0;
            all.writeBytes(RawHttp2.frame(isHeader ? 1 : 0, flags, i, new byte[random.nextInt(300)]));
        }
        byte[] bytes = all.toByteArray();
        int at = 0;
        while (at < bytes.length) {
            int end = Math.min(bytes.length, at + 200 + random.nextInt(500));
            send(java.util.Arrays.copyOfRange(bytes, at, end));
            pass(STEP.multipliedBy(2));
            at = end;
        }
        pass(Duration.ofHours(1));
        assertThat(channel.isOpen()).isTrue();
        assertThat(refusals).isEmpty();
    }
}
