package io.millrace.multilang.line;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
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
import java.util.SplittableRandom;
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

    /** Any keys, sizes and numbers, beside a generator of JSON that is configured as Amazon's. */
    @Test
    void batchesAreWhatAGeneratorOfJsonWrites() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        for (int run = 0; run < 300; run++) {
            List<StreamRecord> records = new ArrayList<>();
            long index = random.nextLong(1L << 40);
            for (int i = random.nextInt(8); i >= 0; i--) {
                records.add(anyRecord(random, index++));
                index += random.nextInt(10) == 0 ? random.nextInt(1_000) : 0;
            }
            long behind = random.nextInt(3) * 1_234_567L;

            assertThat(line(new ToChild.ProcessRecords(records, behind)))
                    .as("run %d", run)
                    .isEqualTo(generated(records, behind));
        }
    }

    private static StreamRecord anyRecord(SplittableRandom random, long index) {
        byte[] data = new byte[random.nextInt(20) == 0 ? random.nextInt(200_000) : random.nextInt(300)];
        random.nextBytes(data);
        StringBuilder key = new StringBuilder();
        int odd = random.nextInt(4);
        for (int i = random.nextInt(30) == 0 ? 40_000 : random.nextInt(256); i >= 0; i--) {
            // Halves of pairs among them.
            key.append((char) (random.nextInt(3) < odd ? random.nextInt(0x10000) : random.nextInt(0x80)));
        }
        SequenceNumber number = random.nextInt(10) == 0
                ? SequenceNumber.parse(Long.toString(random.nextLong(Long.MAX_VALUE)))
                : SequenceNumber.of(1_795_000_000, 3, index, 1_795_000_005);
        Instant arrival = Instant.ofEpochMilli(1_795_000_000_000L + random.nextInt(2));
        return new StreamRecord(
                new RecordPosition(number, random.nextInt(2) * random.nextLong(Long.MAX_VALUE)),
                key.toString(),
                Bytes.wrap(data),
                random.nextInt(20) == 0 ? Instant.ofEpochMilli(-random.nextInt(1_000)) : arrival);
    }

    private static String generated(List<StreamRecord> records, long behind) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JsonFactory.builder()
                .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                .build()
                .createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("action", "processRecords");
            json.writeArrayFieldStart("records");
            for (StreamRecord record : records) {
                json.writeStartObject();
                json.writeBinaryField("data", record.data().toByteArray());
                json.writeStringField("partitionKey", record.partitionKey());
                json.writeStringField(
                        "sequenceNumber", record.sequenceNumber().toBigInteger().toString());
                json.writeNumberField(
                        "approximateArrivalTimestamp", record.arrival().toEpochMilli());
                json.writeNumberField("subSequenceNumber", record.subSequenceNumber());
                json.writeStringField("action", "record");
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("millisBehindLatest", behind);
            json.writeEndObject();
            json.writeRaw('\n');
        }
        return out.toString(StandardCharsets.US_ASCII);
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
