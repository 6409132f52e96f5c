package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.HashKeyRange;
import io.millrace.model.StreamRecord;
import io.millrace.streamcore.log.LogBatches;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RecordCodecTest {
    private static final ShardEntry SHARD = ShardEntry.open(5, List.of(), HashKeyRange.ALL, 1000, 1_000_000);

    @Test
    void recordsComeBackAsTheyWere() {
        List<NewRecord> records = List.of(
                new NewRecord("k", null, Bytes.empty()),
                new NewRecord("\u20ac-\ud83d\ude00-key", null, Bytes.utf8("data")),
                new NewRecord("x".repeat(256), null, Bytes.wrap(new byte[100_000])));
        StoredRecords stored = StoredRecords.of(
                SHARD, List.of(LogBatches.of(7, 3, 5_000_123, encode(records))), 7, 10, Integer.MAX_VALUE);
        List<StreamRecord> decoded = stored.toList();
        assertThat(decoded).hasSize(3);
        int bytes = 0;
        for (int i = 0; i < 3; i++) {
            assertThat(decoded.get(i).partitionKey()).isEqualTo(records.get(i).partitionKey());
            assertThat(decoded.get(i).data()).isEqualTo(records.get(i).data());
            assertThat(decoded.get(i).sequenceNumber()).isEqualTo(SHARD.sequenceNumber(7 + i, 5_000_123));
            assertThat(decoded.get(i).arrival().toEpochMilli()).isEqualTo(5_000_123);
            bytes += Bytes.utf8(records.get(i).partitionKey()).size()
                    + records.get(i).data().size();
        }
        assertThat(stored.bytes()).isEqualTo(bytes);
        assertThat(stored.lastNumber()).isEqualTo(SHARD.sequenceNumber(9, 5_000_123));
    }

    @Test
    void limitsHoldButOneRecordAlwaysComes() {
        ByteBuffer batch = encode(List.of(
                new NewRecord("k", null, Bytes.utf8("12345")),
                new NewRecord("k", null, Bytes.utf8("12345")),
                new NewRecord("k", null, Bytes.utf8("12345"))));
        assertThat(decode(batch, 0, 10, 12)).isEqualTo(2);
        assertThat(decode(batch, 0, 10, 11)).isEqualTo(1);
        assertThat(decode(batch, 0, 10, 0)).isEqualTo(1);
        assertThat(decode(batch, 0, 2, 1000)).isEqualTo(2);
        assertThat(decode(batch, 2, 10, 1000)).isEqualTo(1);
    }

    @Test
    void aRecordSaysWhetherItsStreamWasEncryptedAndNothingElseOfItChanges() {
        NewRecord record = new NewRecord("key", null, Bytes.utf8("data"));
        ByteBuffer plain = ByteBuffer.allocate(100);
        ByteBuffer encrypted = ByteBuffer.allocate(100);
        int end = RecordCodec.encode(record, false, plain, 0);
        assertThat(RecordCodec.encode(record, true, encrypted, 0)).isEqualTo(end);
        assertThat(RecordCodec.isEncrypted(plain, 0)).isFalse();
        assertThat(RecordCodec.isEncrypted(encrypted, 0)).isTrue();
        assertThat(RecordCodec.end(encrypted, 0)).isEqualTo(end);
        assertThat(RecordCodec.decode(encrypted, 0, SHARD.sequenceNumber(0, 1), Instant.EPOCH))
                .isEqualTo(RecordCodec.decode(plain, 0, SHARD.sequenceNumber(0, 1), Instant.EPOCH));
        encrypted.put(4, (byte) 2);
        assertThatThrownBy(() -> RecordCodec.end(encrypted, 0)).hasMessage("not a record of this format");
    }

    @Test
    void randomBytesAreRecordsOrRefused() {
        SplittableRandom random = new SplittableRandom(9);
        ByteBuffer whole = encode(List.of(
                new NewRecord("key", null, Bytes.utf8("data")), new NewRecord("key", null, Bytes.utf8("data"))));
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = Bytes.copyOf(whole).toByteArray();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            ByteBuffer input = ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length + 1));
            try {
                assertThat(decode(input, 0, 10, 1000)).isLessThanOrEqualTo(2);
            } catch (IllegalArgumentException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
        assertThatThrownBy(() -> decode(ByteBuffer.allocate(20), 0, 10, 10))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static int decode(ByteBuffer payload, long from, int maxRecords, int maxBytes) {
        int count = payload.limit() > 30 ? 3 : 2;
        StoredRecords stored =
                StoredRecords.of(SHARD, List.of(LogBatches.of(0, count, 1, payload)), from, maxRecords, maxBytes);
        assertThat(stored.toList()).hasSize(stored.size());
        return stored.size();
    }

    private static ByteBuffer encode(List<NewRecord> records) {
        ByteBuffer target = ByteBuffer.allocate(
                records.stream().mapToInt(RecordCodec::roomFor).sum());
        int end = 0;
        for (NewRecord record : records) {
            end = RecordCodec.encode(record, false, target, end);
        }
        return target.limit(end);
    }
}
