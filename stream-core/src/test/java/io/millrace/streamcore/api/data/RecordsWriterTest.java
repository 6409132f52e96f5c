package io.millrace.streamcore.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORParser;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.Position;
import io.millrace.model.RecordPosition;
import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.model.StreamRecord;
import io.millrace.runtime.SystemPlatform;
import io.millrace.streamcore.api.shape.AnswerWriter;
import io.millrace.streamcore.api.shape.Encoding;
import io.millrace.streamcore.stream.NewRecord;
import io.millrace.streamcore.stream.ReadPage;
import io.millrace.streamcore.stream.ShardCursor;
import io.millrace.streamcore.stream.StoredRecords;
import io.millrace.streamcore.stream.StreamOptions;
import io.millrace.streamcore.stream.Streams;
import io.millrace.streamcore.stream.StreamsSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordsWriterTest {
    private static final StreamName STREAM = new StreamName("s");
    private static final int PUTS = 12;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void clientsReadWhatWasStored(Encoding encoding) throws Exception {
        clientsRead(encoding, StreamOptions.DEFAULTS);
    }

    @ParameterizedTest
    @EnumSource(Encoding.class)
    void clientsReadWhatWasEncrypted(Encoding encoding) throws Exception {
        clientsRead(encoding, StreamOptions.DEFAULTS.withKeyId("alias/key"));
    }

    private void clientsRead(Encoding encoding, StreamOptions options) throws Exception {
        try (Streams streams =
                Streams.open(StreamsSettings.in(folder, new SystemPlatform()).withTransitionTime(Duration.ZERO))) {
            streams.create(STREAM, options, 1).get(10, TimeUnit.SECONDS);
            SplittableRandom random = new SplittableRandom(5);
            for (int i = 0; i < PUTS; i++) {
                streams.put(STREAM, records(random, i)).get(10, TimeUnit.SECONDS);
            }
            ShardCursor cursor =
                    streams.seek(STREAM, ShardId.of(0), Position.trimHorizon()).get(10, TimeUnit.SECONDS);
            while (true) {
                ReadPage page =
                        streams.read(cursor, 1 + random.nextInt(20), 10 << 20).get(10, TimeUnit.SECONDS);
                if (page.stored().isEmpty()) {
                    break;
                }
                assertThat(read(encoding, written(encoding, page.stored()))).isEqualTo(page.records());
                cursor = page.next().orElseThrow();
            }
        }
    }

    @Test
    void noRecordsAreAnEmptyList() throws Exception {
        try (Streams streams =
                Streams.open(StreamsSettings.in(folder, new SystemPlatform()).withTransitionTime(Duration.ZERO))) {
            streams.create(STREAM, 1).get(10, TimeUnit.SECONDS);
            ShardCursor cursor =
                    streams.seek(STREAM, ShardId.of(0), Position.trimHorizon()).get(10, TimeUnit.SECONDS);
            StoredRecords nothing =
                    streams.read(cursor, 1, 1).get(10, TimeUnit.SECONDS).stored();

            assertThat(new String(written(Encoding.JSON, nothing), StandardCharsets.UTF_8))
                    .isEqualTo("{\"Records\":[]}");
            assertThat(read(Encoding.CBOR, written(Encoding.CBOR, nothing))).isEmpty();
        }
    }

    private static List<NewRecord> records(SplittableRandom random, int put) {
        String[] keys = {
            "k", "quote\" and \\", "\u0001\n\u001f\u007f", "\u20ac\ud83d\ude00\u0000", "x".repeat(256), "\u00e9"
        };
        int[] sizes = {0, 1, 2, 3, 22, 23, 24, 100, 255, 256, 3071, 3072, 3073, 70_000};
        List<NewRecord> records = new ArrayList<>();
        for (int i = 0; i <= put; i++) {
            byte[] data = new byte[sizes[random.nextInt(sizes.length)]];
            for (int at = 0; at < data.length; at++) {
                data[at] = (byte) random.nextInt();
            }
            records.add(new NewRecord(keys[random.nextInt(keys.length)], HashKey.MIN, Bytes.wrap(data)));
        }
        return records;
    }

    private static byte[] written(Encoding encoding, StoredRecords records) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (AnswerWriter out = new AnswerWriter(encoding, bytes)) {
            out.start();
            RecordsWriter.write(out, records);
            out.end();
        }
        return bytes.toByteArray();
    }

    private static List<StreamRecord> read(Encoding encoding, byte[] answer) throws IOException {
        JsonFactory factory = encoding == Encoding.JSON ? new JsonFactory() : new CBORFactory();
        List<StreamRecord> records = new ArrayList<>();
        try (JsonParser in = factory.createParser(answer)) {
            assertThat(in.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            assertThat(in.nextFieldName()).isEqualTo("Records");
            assertThat(in.nextToken()).isEqualTo(JsonToken.START_ARRAY);
            while (in.nextToken() == JsonToken.START_OBJECT) {
                records.add(record(in));
            }
            assertThat(in.currentToken()).isEqualTo(JsonToken.END_ARRAY);
            assertThat(in.nextToken()).isEqualTo(JsonToken.END_OBJECT);
            assertThat(in.nextToken()).isNull();
        }
        return records;
    }

    private static StreamRecord record(JsonParser in) throws IOException {
        String number = "";
        String key = "";
        Instant time = Instant.EPOCH;
        byte[] data = {};
        for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
            in.nextToken();
            switch (name) {
                case "SequenceNumber" -> number = in.getText();
                case "PartitionKey" -> key = in.getText();
                case "Data" -> data = in.getBinaryValue();
                case "ApproximateArrivalTimestamp" -> time = time(in);
                case "EncryptionType" -> assertThat(in.getText()).isEqualTo("KMS");
                default -> throw new AssertionError(name);
            }
        }
        return new StreamRecord(RecordPosition.of(SequenceNumber.parse(number)), key, Bytes.wrap(data), time);
    }

    private static Instant time(JsonParser in) throws IOException {
        if (in instanceof CBORParser cbor) {
            assertThat(cbor.getCurrentTag()).isEqualTo(1);
            return Instant.ofEpochMilli(in.getLongValue());
        }
        return Instant.ofEpochMilli(
                in.getDecimalValue().multiply(BigDecimal.valueOf(1000)).longValueExact());
    }
}
