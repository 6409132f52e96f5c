package io.millrace.streamcore;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.millrace.streamcore.api.OddRequests;
import io.millrace.streamcore.api.input.ServiceInputs;
import io.millrace.streamcore.http.HttpLimits;
import io.millrace.streamcore.log.FsyncPolicy;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Requests and frames that are mutated at random, sent to a whole server over sockets: no answer is the server's own error, none
 * is missing, nothing leaks, and the server goes on. {@code make attack} sends a million of each.
 */
@Timeout(7200)
final class AttackTest {
    private static final int REQUESTS = Integer.getInteger("attack.requests", 1_000);
    private static final int FRAMES = Integer.getInteger("attack.frames", 1_000);
    private static final long SEED = Long.getLong("seed", 1);
    private static final int THREADS = 8;
    /** A page that does not arrive in this time is not waited for. */
    private static final Duration SHORT = Duration.ofMillis(100);

    private static final List<String> OPERATIONS =
            ServiceInputs.all().keySet().stream().sorted().toList();

    private final AtomicLong left = new AtomicLong();
    private final AtomicInteger hangs = new AtomicInteger();
    private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
    private final ListAppender<ILoggingEvent> leaks = new ListAppender<>();

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamServer server;

    @BeforeEach
    void start() throws Exception {
        leaks.start();
        leakDetector().addAppender(leaks);
        HttpLimits usual = HttpLimits.DEFAULT;
        server = StreamServer.builder()
                .port(0)
                .dataDirectory(folder)
                .fsync(FsyncPolicy.NEVER)
                .transitionTime(Duration.ZERO)
                .withoutAudit()
                .limits(new HttpLimits(
                        usual.maxBodyBytes(),
                        usual.maxHeaders(),
                        usual.maxConnections(),
                        usual.maxConnectionsPerSource(),
                        usual.maxStreams(),
                        usual.idle(),
                        SHORT,
                        SHORT,
                        usual.write(),
                        usual.drain()))
                .start();
        assertThat(call("CreateStream", "{\"StreamName\":\"s\",\"ShardCount\":2}"))
                .isEqualTo(200);
    }

    @AfterEach
    void stop() {
        server.close();
        leakDetector().detachAppender(leaks);
    }

    @Test
    void noMutatedRequestGetsTheServersOwnErrorOrNoAnswer() throws Exception {
        attack(REQUESTS, MutatedRequests::new);
        check("mutated requests", REQUESTS);
    }

    @Test
    void noMutatedFrameGetsTheServersOwnErrorOrHoldsAConnection() throws Exception {
        attack(FRAMES, MutatedFrames::new);
        check("mutated frames of HTTP/2", FRAMES);
    }

    /** One thread's part. */
    interface Attacker {
        /** Sends some and answers how many. */
        int send() throws IOException;
    }

    /** Makes an attacker. */
    @FunctionalInterface
    private interface Attackers {
        Attacker of(AttackTarget target, SplittableRandom random);
    }

    private void attack(int count, Attackers attackers) throws InterruptedException {
        left.set(count);
        AttackTarget target = new AttackTarget(server.endpoint(), OPERATIONS, this::note, wrong::add);
        SplittableRandom random = new SplittableRandom(SEED);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Attacker attacker = attackers.of(target, random.split());
            Thread thread = new Thread(() -> run(attacker));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void run(Attacker attacker) {
        while (left.get() > 0 && wrong.isEmpty()) {
            try {
                left.addAndGet(-attacker.send());
            } catch (SocketTimeoutException hang) {
                hangs.incrementAndGet();
            } catch (IOException closed) {
                note("closed");
            } catch (RuntimeException e) {
                wrong.add(e.toString());
            }
        }
    }

    private void note(String outcome) {
        outcomes.computeIfAbsent(outcome, first -> new LongAdder()).increment();
    }

    private void check(String what, int sent) throws Exception {
        String seen = what + ", seed " + SEED + ": " + outcomes;
        assertThat(wrong).as(seen).isEmpty();
        assertThat(outcomes.keySet()).as(seen).noneMatch(AttackTest::isTheServersOwnError);
        assertThat(hangs).as(seen).hasValue(0);
        assertThat(outcomes.keySet()).as("some of it is understood").contains("200", "400");
        assertThat(call("ListStreams", "{}")).isEqualTo(200);
        double held = 1;
        for (int i = 0; i < 200 && held > 0; i++) {
            // Connections that were left open are still being closed; each call takes its time.
            assertThat(call("ListStreams", "{}")).isEqualTo(200);
            held = server.metrics().get("millrace.server.request.bytes").gauge().value();
        }
        server.close();
        assertThat(server.metrics().get("millrace.server.request.bytes").gauge().value())
                .isZero();
        collectLeaks();
        assertThat(leaks.list).extracting(ILoggingEvent::getFormattedMessage).noneMatch(line -> line.contains("LEAK"));
        report(what, sent);
    }

    /** 503 is the answer beyond a limit, 501 and 505 those to a coding or a version that a mutation made up. */
    private static boolean isTheServersOwnError(String outcome) {
        return outcome.startsWith("5") && !List.of("501", "503", "505").contains(outcome);
    }

    /** Buffers that nobody holds any more are told of when others are made. */
    private static void collectLeaks() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            for (int j = 0; j < 2_000; j++) {
                PooledByteBufAllocator.DEFAULT.buffer(16).release();
            }
        }
    }

    private void report(String what, int sent) throws IOException {
        String file = System.getProperty("attack.report");
        if (file != null) {
            Map<String, Long> counts = new TreeMap<>();
            outcomes.forEach((outcome, count) -> counts.put(outcome, count.sum()));
            Files.writeString(
                    Path.of(file),
                    String.format(Locale.ROOT, "%s\t%d\t%s%n", what, sent, counts),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }

    private int call(String operation, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.endpoint() + "/"))
                .timeout(Duration.ofSeconds(20))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        AttackTarget.headers(operation, "json").forEach(request::header);
        return HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private static Logger leakDetector() {
        return (Logger) LoggerFactory.getLogger("io.netty.util.ResourceLeakDetector");
    }

    /** Some of the bytes changed, left out, put in, or copied elsewhere. */
    static byte[] mutated(byte[] bytes, SplittableRandom random) {
        byte[] now = bytes.clone();
        for (int i = 1 + random.nextInt(3); i > 0 && now.length > 0; i--) {
            int at = random.nextInt(now.length);
            int to = at + 1 + random.nextInt(Math.min(8, now.length - at));
            switch (random.nextInt(5)) {
                case 0 -> now[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> now[at] = (byte) random.nextInt(256);
                case 2 -> now = joined(Arrays.copyOf(now, at), Arrays.copyOfRange(now, to, now.length));
                case 3 -> now = joined(Arrays.copyOf(now, to), Arrays.copyOfRange(now, at, now.length));
                default -> now = Arrays.copyOf(now, at);
            }
        }
        return now;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Requests over HTTP/1.1, four of five with a whole header before a mutated body, the others mutated anywhere. */
    private static final class MutatedRequests implements Attacker {
        private final AttackTarget target;
        private final SplittableRandom random;
        private AttackTarget.Connection connection;

        @SuppressWarnings("NullAway.Init") // made when it is needed first
        MutatedRequests(AttackTarget target, SplittableRandom random) {
            this.target = target;
            this.random = random;
        }

        @Override
        public int send() throws IOException {
            String operation =
                    target.operations().get(random.nextInt(target.operations().size()));
            boolean isCbor = random.nextInt(4) == 0;
            String json = OddRequests.body(random, List.of("AAAA", "")).replace("\\ud800", "x");
            byte[] body = isCbor ? OddRequests.cbor(json) : json.getBytes(UTF_8);
            boolean isHeaderToo = random.nextInt(5) == 0;
            if (!isHeaderToo && random.nextInt(4) > 0) {
                body = mutated(body, random);
            }
            StringBuilder head = new StringBuilder("POST / HTTP/1.1\r\nHost: localhost\r\n");
            AttackTarget.headers(operation, isCbor ? "cbor" : "json")
                    .forEach((name, value) ->
                            head.append(name).append(": ").append(value).append("\r\n"));
            head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
            byte[] request = joined(head.toString().getBytes(ISO_8859_1), body);
            if (isHeaderToo) {
                try (AttackTarget.Connection own = target.connect()) {
                    target.note(
                            Integer.toString(own.send(mutated(request, random)).status()));
                }
                return 1;
            }
            if (connection == null || !connection.isOpen()) {
                connection = target.connect();
            }
            try {
                int status = connection.send(request).status();
                target.note(Integer.toString(status));
                if (isTheServersOwnError(Integer.toString(status))) {
                    target.wrong(operation + " " + new String(body, ISO_8859_1) + " -> " + status);
                }
            } catch (IOException e) {
                connection.close();
                throw e;
            }
            return 1;
        }
    }

    /** Connections with a good beginning and then frames of any kind. */
    private static final class MutatedFrames implements Attacker {
        private final AttackTarget target;
        private final SplittableRandom random;

        MutatedFrames(AttackTarget target, SplittableRandom random) {
            this.target = target;
            this.random = random;
        }

        @Override
        public int send() throws IOException {
            try (AttackTarget.Http2 connection = target.http2()) {
                int frames = 1 + random.nextInt(60);
                int stream = 1;
                for (int i = 0; i < frames; i++) {
                    boolean isCall = random.nextInt(3) == 0;
                    if (isCall) {
                        String operation = target.operations()
                                .get(random.nextInt(target.operations().size()));
                        byte[] body =
                                OddRequests.body(random, List.of("AAAA", "")).getBytes(UTF_8);
                        connection.call(stream, operation, random.nextBoolean() ? body : mutated(body, random));
                        stream += 2;
                    } else {
                        connection.frame(random, stream);
                    }
                }
                connection.finish();
                return frames;
            }
        }
    }
}
