package io.millrace.systemtests.clients;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import software.amazon.awssdk.core.SdkBytes;

/** Records that a protocol of lines may stumble over: any bytes, odd keys, aggregates, and two that are large. Pure functions. */
final class OddRecords {
    private static final int MIB = 1 << 20;
    private static final int MOST_BYTES = 300;
    private static final int AGGREGATE_EVERY = 50;
    private static final int IN_AGGREGATE = 7;

    /** Quotes, escapes, control characters, separators of lines, characters beyond the first plane, and the longest key there is. */
    static final List<String> KEYS = List.of(
            "plain",
            "\u00e4\u20ac",
            "\ud83d\ude00",
            "quote\"s",
            "back\\slash",
            "tab\there",
            "new\nline",
            "return\rhere",
            "\u2028\u2029\u0085",
            "\u007f\u0001",
            "{\"action\":\"status\"}",
            "%s%n%d",
            "  spaces  ",
            "-rf",
            "null",
            "\u65e5\u672c\u8a9e",
            "\ufeffmark",
            "\u043a\u043b\u044e\u0447-".repeat(51));

    private OddRecords() {}

    /**
     * A record that is put.
     *
     * @param parts the digests of what processors get of it, in order: more than one for an aggregate
     */
    record Odd(String key, SdkBytes data, List<Part> parts) {}

    /** A record that a processor gets. */
    record Part(String key, int length, String digest) {
        static Part of(String key, byte[] data) {
            return new Part(key, data.length, HexFormat.of().formatHex(hashed("SHA-256", data)));
        }
    }

    /** Records of which processors get {@code count}; the first two are of 10 MiB and of 1 MiB, their keys included. */
    static List<Odd> make(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Odd> records = new ArrayList<>();
        records.add(single("large", bytes(random, 10 * MIB - "large".length())));
        records.add(single("mebi", bytes(random, MIB - "mebi".length())));
        int left = count - records.size();
        for (int i = 0; left > 0; i++) {
            String key = KEYS.get(i % KEYS.size());
            if (i % AGGREGATE_EVERY == 0 && left >= IN_AGGREGATE) {
                records.add(aggregate(random, key));
                left -= IN_AGGREGATE;
            } else {
                records.add(single(key, bytes(random, random.nextInt(MOST_BYTES))));
                left--;
            }
        }
        return records;
    }

    private static Odd single(String key, byte[] data) {
        return new Odd(key, SdkBytes.fromByteArrayUnsafe(data), List.of(Part.of(key, data)));
    }

    /** All of one key, so that they belong to one shard before and after a split. */
    private static Odd aggregate(SplittableRandom random, String key) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        field(message, 1, key.getBytes(StandardCharsets.UTF_8));
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < IN_AGGREGATE; i++) {
            byte[] data = bytes(random, random.nextInt(MOST_BYTES));
            ByteArrayOutputStream record = new ByteArrayOutputStream();
            record.write(1 << 3);
            record.write(0);
            field(record, 3, data);
            field(message, 3, record.toByteArray());
            parts.add(Part.of(key, data));
        }
        byte[] body = message.toByteArray();
        ByteBuffer stored = ByteBuffer.allocate(4 + body.length + 16)
                .putInt(0xF3899AC2)
                .put(body)
                .put(hashed("MD5", body));
        return new Odd(key, SdkBytes.fromByteArrayUnsafe(stored.array()), parts);
    }

    private static void field(ByteArrayOutputStream message, int number, byte[] value) {
        message.write((number << 3) | 2);
        int length = value.length;
        for (; length >= 128; length >>>= 7) {
            message.write((length & 127) | 128);
        }
        message.write(length);
        message.writeBytes(value);
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return length > 4 && random.nextInt(4) == 0 ? Arrays.copyOf(new byte[] {10, 13, 0, -1}, length) : bytes;
    }

    private static byte[] hashed(String algorithm, byte[] data) {
        try {
            return MessageDigest.getInstance(algorithm).digest(data);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
