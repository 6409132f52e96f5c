package io.millrace.multilang.line;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import io.millrace.model.Checkpoint;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes of every message, as Amazon's daemon writes them. */
class LineEncoderTest {
    private static final ShardId SHARD = new ShardId("shardId-0");
    private static final byte[] PAYLOAD = {1, 2, (byte) 0xfa, (byte) 0xfb, (byte) 0xff, 0x3f, 0x3f};

    private final LineEncoder encoder = new LineEncoder();

    @Test
    void initializeNamesThePlace() throws IOException {
        RecordPosition place = new RecordPosition(SequenceNumber.parse("123"), 7);

        assertThat(initialize(Checkpoint.notStarted(Position.trimHorizon()))).isEqualTo(began("TRIM_HORIZON", 0));
        assertThat(initialize(Checkpoint.notStarted(Position.latest()))).isEqualTo(began("LATEST", 0));
        assertThat(initialize(Checkpoint.notStarted(new Position.AtTimestamp(Instant.EPOCH))))
                .isEqualTo(began("AT_TIMESTAMP", 0));
        assertThat(initialize(Checkpoint.processed(place))).isEqualTo(began("123", 7));
        assertThat(initialize(Checkpoint.shardEnd())).isEqualTo(began("SHARD_END", 0));
    }

    @Test
    void recordsHaveAllTheirKeys() throws IOException {
        StreamRecord record = record("123", 0, "k", PAYLOAD);

        assertThat(line(new ToChild.ProcessRecords(List.of(record), 5)))
                .isEqualTo(
                        "{\"action\":\"processRecords\",\"records\":[{\"data\":\"AQL6+/8/Pw==\",\"partitionKey\":\"k\","
                                + "\"sequenceNumber\":\"123\",\"approximateArrivalTimestamp\":1700000000123,"
                                + "\"subSequenceNumber\":0,\"action\":\"record\"}],\"millisBehindLatest\":5}\n");
    }

    @Test
    void emptyBatchIsAnEmptyArray() throws IOException {
        assertThat(line(new ToChild.ProcessRecords(List.of(), 0)))
                .isEqualTo("{\"action\":\"processRecords\",\"records\":[],\"millisBehindLatest\":0}\n");
    }

    @Test
    void checkpointRepeatsWhatWasAskedFor() throws IOException {
        assertThat(line(new ToChild.Checkpointed("123", 4L, null)))
                .isEqualTo(
                        "{\"action\":\"checkpoint\",\"sequenceNumber\":\"123\",\"subSequenceNumber\":4,\"error\":null}\n");
        assertThat(line(new ToChild.Checkpointed(null, null, "ShutdownException")))
                .isEqualTo("{\"action\":\"checkpoint\",\"sequenceNumber\":null,\"subSequenceNumber\":null,"
                        + "\"error\":\"ShutdownException\"}\n");
    }

    @Test
    void endsAreActionsAlone() throws IOException {
        assertThat(line(new ToChild.LeaseLost())).isEqualTo("{\"action\":\"leaseLost\"}\n");
        assertThat(line(new ToChild.ShardEnded())).isEqualTo("{\"action\":\"shardEnded\"}\n");
        assertThat(line(new ToChild.ShutdownRequested())).isEqualTo("{\"action\":\"shutdownRequested\"}\n");
    }

    @Test
    void everythingBeyondAsciiIsEscaped() throws IOException {
        StreamRecord record = record("9", 3, "\u00e4\u20ac\ud83d\ude00\"\\/\u0001\n\u007f\u2028", new byte[0]);

        assertThat(line(new ToChild.ProcessRecords(List.of(record), 0)))
                .contains("\"partitionKey\":\"\\u00E4\\u20AC\\uD83D\\uDE00\\\"\\\\/\\u0001\\n\u007f\\u2028\"")
                .contains("\"data\":\"\"")
                .contains("\"subSequenceNumber\":3");
    }

    @Test
    void longBatchesComeWholeInPieces() throws IOException {
        byte[] large = new byte[1024 * 1024];
        List<StreamRecord> records = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            records.add(record(Integer.toString(i), 0, "k", large));
        }
        Pieces out = new Pieces();

        encoder.write(new ToChild.ProcessRecords(records, 0), out);

        assertThat(out.all.size()).isGreaterThan(10 * 1_398_104);
        assertThat(out.all.toString(StandardCharsets.US_ASCII)).endsWith("\"millisBehindLatest\":0}\n");
        assertThat(out.largest).isLessThan(64 * 1024);
        assertThat(out.flushes).isZero();
    }

    @Test
    void encoderWritesOneMessageAfterTheOther() throws IOException {
        Pieces out = new Pieces();

        encoder.write(new ToChild.LeaseLost(), out);
        encoder.write(new ToChild.ShardEnded(), out);

        assertThat(out.all.toString(StandardCharsets.US_ASCII))
                .isEqualTo("{\"action\":\"leaseLost\"}\n{\"action\":\"shardEnded\"}\n");
        assertThat(out.isClosed).isFalse();
    }

    private String initialize(Checkpoint at) throws IOException {
        return line(ToChild.Initialize.at(SHARD, at));
    }

    private static String began(String place, long sub) {
        return "{\"action\":\"initialize\",\"shardId\":\"shardId-0\",\"sequenceNumber\":\"" + place
                + "\",\"subSequenceNumber\":" + sub + "}\n";
    }

    private String line(ToChild message) throws IOException {
        Pieces out = new Pieces();
        encoder.write(message, out);
        byte[] bytes = out.all.toByteArray();
        for (byte b : bytes) {
            assertThat(b).isGreaterThanOrEqualTo((byte) 0);
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static StreamRecord record(String number, long sub, String key, byte[] data) {
        return new StreamRecord(
                new RecordPosition(SequenceNumber.parse(number), sub),
                key,
                Bytes.copyOf(data),
                Instant.ofEpochMilli(1_700_000_000_123L));
    }

    /** Notes how it was written to. */
    private static final class Pieces extends OutputStream {
        private final ByteArrayOutputStream all = new ByteArrayOutputStream();
        private int largest;
        private int flushes;
        private boolean isClosed;

        @Override
        public void write(int next) {
            all.write(next);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            largest = Math.max(largest, length);
            all.write(bytes, from, length);
        }

        @Override
        public void flush() {
            flushes++;
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }
}
