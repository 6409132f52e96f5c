package io.millrace.consumer;

import io.millrace.fanout.InMemoryStream;
import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.Shard;
import io.millrace.model.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * An aggregate with one user record for each of its keys, and which of them belong to the shard that it was put into. Written
 * byte by byte as the Kinesis Producer Library's page on its format has it.
 */
record PackedOrders(List<String> keys, List<String> payloads) {
    /** Puts the aggregate where its first key belongs, and tells the user records of that shard. */
    List<StreamRecord> putInto(InMemoryStream stream) {
        HashKey first = HashKey.ofPartitionKey(keys.get(0));
        HashKeyRange range = stream.shards().stream()
                .filter(Shard::isOpen)
                .map(Shard::hashKeyRange)
                .filter(keys -> keys.contains(first))
                .findFirst()
                .orElseThrow();
        StreamRecord stored = stream.put(keys.get(0), Bytes.wrap(bytes()));
        List<StreamRecord> own = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            if (range.contains(HashKey.ofPartitionKey(keys.get(i)))) {
                own.add(new StreamRecord(
                        new RecordPosition(stored.sequenceNumber(), i),
                        keys.get(i),
                        Bytes.utf8(payloads.get(i)),
                        stored.arrival()));
            }
        }
        return own;
    }

    private byte[] bytes() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        for (int i = 0; i < keys.size(); i++) {
            field(message, 1, keys.get(i).getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            record.writeBytes(new byte[] {8, (byte) i});
            field(record, 3, payloads.get(i).getBytes(StandardCharsets.UTF_8));
            field(message, 3, record.toByteArray());
        }
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});
        stored.writeBytes(message.toByteArray());
        try {
            stored.writeBytes(MessageDigest.getInstance("MD5").digest(message.toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return stored.toByteArray();
    }

    /** Of at most 127 bytes, so that its length is one byte. */
    private static void field(ByteArrayOutputStream to, int number, byte[] value) {
        to.write((number << 3) | 2);
        to.write(value.length);
        to.writeBytes(value);
    }
}
