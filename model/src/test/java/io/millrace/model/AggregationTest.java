package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class AggregationTest {
    private static final byte[] MAGIC = {(byte) 0xF3, (byte) 0x89, (byte) 0x9A, (byte) 0xC2};

    @Test
    void userRecordsOfAnAggregateAreCounted() throws Exception {
        byte[] message = message("key-1", "one", "two", "x".repeat(300));

        assertThat(Aggregation.count(Bytes.wrap(sealed(message)))).hasValue(3);
    }

    @Test
    void plainRecordsAreNoAggregates() throws Exception {
        byte[] wrongDigest = sealed(message("key", "one"));
        wrongDigest[wrongDigest.length - 1]++;

        assertThat(Aggregation.count(Bytes.empty())).isEmpty();
        assertThat(Aggregation.count(Bytes.utf8("a plain line"))).isEmpty();
        assertThat(Aggregation.count(Bytes.wrap(MAGIC))).isEmpty();
        assertThat(Aggregation.count(Bytes.wrap(wrongDigest))).isEmpty();
    }

    @Test
    void anyBytesUnderARightDigestGiveAnAnswer() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            byte[] message = new byte[random.nextInt(40)];
            random.nextBytes(message);

            assertThat(Aggregation.count(Bytes.wrap(sealed(message)))).isNotNull();
        }
    }

    private static byte[] message(String key, String... records) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        field(message, 1, key.getBytes(StandardCharsets.UTF_8));
        for (String record : records) {
            ByteArrayOutputStream inner = new ByteArrayOutputStream();
            inner.writeBytes(new byte[] {8, 0});
            field(inner, 3, record.getBytes(StandardCharsets.UTF_8));
            field(message, 3, inner.toByteArray());
        }
        return message.toByteArray();
    }

    private static void field(ByteArrayOutputStream to, int number, byte[] value) {
        to.write((number << 3) | 2);
        int length = value.length;
        while (length > 0x7F) {
            to.write((length & 0x7F) | 0x80);
            length >>= 7;
        }
        to.write(length);
        to.writeBytes(value);
    }

    private static byte[] sealed(byte[] message) throws Exception {
        ByteArrayOutputStream stored = new ByteArrayOutputStream();
        stored.writeBytes(MAGIC);
        stored.writeBytes(message);
        stored.writeBytes(MessageDigest.getInstance("MD5").digest(message));
        return stored.toByteArray();
    }
}
