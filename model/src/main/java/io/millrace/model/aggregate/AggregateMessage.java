package io.millrace.model.aggregate;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.model.HashKey;
import io.millrace.model.HashKeyRange;
import io.millrace.model.RecordPosition;
import io.millrace.model.StreamRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The message of an aggregate, as the Kinesis Producer Library publishes its format ({@code aggregation-format.md}): four bytes that
 * mark it, a Protocol Buffers message of a table of partition keys (1), a table of explicit hash keys (2) and user records
 * (3), and the MD5 of the message. Each user record has the index of its partition key (1), maybe that of its explicit hash
 * key (2), its data (3) and tags (4), which nobody uses. Belongs to one thread.
 */
final class AggregateMessage {
    static final Bytes MAGIC = Bytes.wrap(new byte[] {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2});
    static final int DIGEST_BYTES = 16;
    private static final int NONE = -1;

    /** One MD5 a thread: looking the algorithm up costs more than hashing a small message. */
    private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(AggregateMessage::newMd5);

    private final byte[] bytes;
    private final List<Key> partitionKeys = new ArrayList<>();
    private final List<Key> explicitHashKeys = new ArrayList<>();
    private final List<UserRecord> records = new ArrayList<>();

    private AggregateMessage(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The message of a stored record; absent if that is a plain record: it is not marked, holds nothing between mark and digest,
     * fails its digest, or holds something else than the format has, such as an index beyond its table.
     */
    static @Nullable AggregateMessage in(Bytes stored) {
        int end = stored.size() - DIGEST_BYTES;
        int begin = MAGIC.size();
        if (!stored.startsWith(MAGIC) || end <= begin) {
            return null;
        }
        byte[] bytes = stored.toByteArray();
        if (!Arrays.equals(bytes, end, bytes.length, digest(bytes, begin, end), 0, DIGEST_BYTES)) {
            return null;
        }
        try {
            AggregateMessage message = new AggregateMessage(bytes);
            message.read(new MessageReader(bytes, begin, end));
            message.check();
            return message;
        } catch (MalformedMessageException another) {
            return null;
        }
    }

    /** The digest that follows the message that stands in {@code bytes} from {@code begin} to before {@code end}. */
    static byte[] digest(byte[] bytes, int begin, int end) {
        MessageDigest digest = MD5.get();
        digest.update(bytes, begin, end - begin);
        return digest.digest();
    }

    /** How many user records there are, those that belong to other shards included. */
    int size() {
        return records.size();
    }

    /** Adds the user records whose hash keys are among {@code hashKeys}, as {@link Aggregates#SPLIT} has them. */
    void addUserRecords(StreamRecord stored, HashKeyRange hashKeys, List<StreamRecord> to) {
        for (int i = 0; i < records.size(); i++) {
            UserRecord record = records.get(i);
            Key key = partitionKeys.get(record.partitionKey);
            HashKey explicit =
                    record.explicitHashKey == NONE ? null : explicitHashKeys.get(record.explicitHashKey).explicit;
            if (hashKeys.contains(explicit == null ? key.hash() : explicit)) {
                to.add(new StreamRecord(
                        new RecordPosition(stored.sequenceNumber(), i),
                        key.text,
                        Bytes.wrap(Arrays.copyOfRange(bytes, record.begin, record.end)),
                        stored.arrival(),
                        explicit));
            }
        }
    }

    private void read(MessageReader in) {
        while (in.next()) {
            switch (in.isBytes() ? in.field() : NONE) {
                case 1 -> partitionKeys.add(new Key(text(in.bytes())));
                case 2 -> explicitHashKeys.add(new Key(text(in.bytes())));
                case 3 -> records.add(record(in.bytes()));
                default -> in.skip();
            }
        }
    }

    private static UserRecord record(MessageReader in) {
        long partitionKey = NONE;
        long explicitHashKey = NONE;
        MessageReader data = null;
        while (in.next()) {
            if (in.field() == 1 && in.isNumber()) {
                partitionKey = in.number();
            } else if (in.field() == 2 && in.isNumber()) {
                explicitHashKey = index(in.number());
            } else if (in.field() == 3 && in.isBytes()) {
                data = in.bytes();
            } else {
                in.skip();
            }
        }
        if (data == null) {
            throw new MalformedMessageException();
        }
        return new UserRecord(index(partitionKey), (int) explicitHashKey, data.position(), data.end());
    }

    private static int index(long number) {
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new MalformedMessageException();
        }
        return (int) number;
    }

    /** The tables may come after the records that refer to them. */
    private void check() {
        for (UserRecord record : records) {
            if (record.partitionKey >= partitionKeys.size() || record.explicitHashKey >= explicitHashKeys.size()) {
                throw new MalformedMessageException();
            }
            if (record.explicitHashKey != NONE) {
                explicitHashKeys.get(record.explicitHashKey).readExplicit();
            }
        }
    }

    private String text(MessageReader in) {
        return new String(bytes, in.position(), in.end() - in.position(), StandardCharsets.UTF_8);
    }

    private static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform must offer MD5", e);
        }
    }

    /** One user record: its indexes in the tables, and its data within the bytes. */
    private record UserRecord(int partitionKey, int explicitHashKey, int begin, int end) {}

    /** One text of a table, with what is computed from it once however many records refer to it. */
    private static final class Key {
        private final String text;
        private @Nullable HashKey hash;
        private @Nullable HashKey explicit;

        Key(String text) {
            this.text = text;
        }

        HashKey hash() {
            if (hash == null) {
                hash = HashKey.ofPartitionKey(text);
            }
            return hash;
        }

        void readExplicit() {
            if (explicit == null) {
                try {
                    explicit = requireNonNull(HashKey.parse(text));
                } catch (IllegalArgumentException noHashKey) {
                    throw new MalformedMessageException();
                }
            }
        }
    }
}
