package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.streamcore.stream.ConsumerState.Status;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A consumer in the catalog. Its bytes are a version, the name, the creation time, the status, the tags after their
 * number, and the policy, empty if there is none; big endian, texts in UTF-8 after their 2-byte lengths. Version 1, without
 * policies, is still read.
 *
 * @param name its name
 * @param createdMillis when it was registered, in ms since the epoch
 * @param status where it is in its life
 * @param tags its tags
 * @param policyOrNull its resource policy as it was given
 */
record ConsumerEntry(
        String name,
        long createdMillis,
        Status status,
        Map<String, String> tags,
        @Nullable String policyOrNull) {
    private static final byte VERSION = 2;
    private static final byte WITHOUT_POLICY = 1;

    ConsumerEntry {
        requireNonNull(name, "name");
        requireNonNull(status, "status");
        tags = Map.copyOf(tags);
    }

    /** A new consumer, CREATING. */
    static ConsumerEntry create(String name, long createdMillis, Map<String, String> tags) {
        return new ConsumerEntry(name, createdMillis, Status.CREATING, tags, null);
    }

    ConsumerEntry with(Status next) {
        return new ConsumerEntry(name, createdMillis, next, tags, policyOrNull);
    }

    ConsumerEntry withTags(Map<String, String> next) {
        return new ConsumerEntry(name, createdMillis, status, next, policyOrNull);
    }

    ConsumerEntry withPolicy(@Nullable String next) {
        return new ConsumerEntry(name, createdMillis, status, tags, next);
    }

    Bytes encode() {
        String policy = policyOrNull == null ? "" : policyOrNull;
        int size = 1 + sizeOf(name) + Long.BYTES + 1 + Short.BYTES + sizeOf(policy);
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            size += sizeOf(tag.getKey()) + sizeOf(tag.getValue());
        }
        ByteBuffer target = ByteBuffer.allocate(size);
        target.put(VERSION);
        put(target, name);
        target.putLong(createdMillis).put(code(status)).putShort((short) tags.size());
        new TreeMap<>(tags).forEach((key, value) -> {
            put(target, key);
            put(target, value);
        });
        put(target, policy);
        return Bytes.wrap(target.array());
    }

    /**
     * Reads an entry.
     *
     * @throws IllegalArgumentException if the bytes are not one
     */
    static ConsumerEntry decode(Bytes bytes) {
        ByteBuffer source = bytes.asByteBuffer();
        try {
            byte version = source.get();
            if (version != VERSION && version != WITHOUT_POLICY) {
                throw new IllegalArgumentException("a consumer's entry of another version");
            }
            String name = text(source);
            long created = source.getLong();
            Status status = status(source.get());
            Map<String, String> tags = new TreeMap<>();
            for (int left = source.getShort() & 0xffff; left > 0; left--) {
                tags.put(text(source), text(source));
            }
            String policy = version == VERSION ? text(source) : "";
            if (source.hasRemaining()) {
                throw new IllegalArgumentException("a consumer's entry with bytes too many");
            }
            return new ConsumerEntry(name, created, status, tags, policy.isEmpty() ? null : policy);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a consumer's entry that ends too early", e);
        }
    }

    private static int sizeOf(String text) {
        return Short.BYTES + text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void put(ByteBuffer target, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        target.putShort((short) bytes.length).put(bytes);
    }

    private static String text(ByteBuffer source) {
        byte[] bytes = new byte[source.getShort() & 0xffff];
        source.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte code(Status status) {
        return switch (status) {
            case CREATING -> 1;
            case ACTIVE -> 2;
            case DELETING -> 3;
        };
    }

    private static Status status(byte code) {
        return switch (code) {
            case 1 -> Status.CREATING;
            case 2 -> Status.ACTIVE;
            case 3 -> Status.DELETING;
            default -> throw new IllegalArgumentException("not a consumer's status: " + code);
        };
    }
}
