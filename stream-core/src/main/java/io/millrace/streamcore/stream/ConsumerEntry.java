package io.millrace.streamcore.stream;

import static java.util.Objects.requireNonNull;

import io.millrace.model.Bytes;
import io.millrace.streamcore.stream.ConsumerState.Status;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * A consumer in the catalog. Its bytes are a version, the name, the creation time, the status, and the tags after their
 * number; big endian, texts in UTF-8 after their 2-byte lengths.
 *
 * @param name its name
 * @param createdMillis when it was registered, in ms since the epoch
 * @param status where it is in its life
 * @param tags its tags
 */
record ConsumerEntry(String name, long createdMillis, Status status, Map<String, String> tags) {
    private static final byte VERSION = 1;

    ConsumerEntry {
        requireNonNull(name, "name");
        requireNonNull(status, "status");
        tags = Map.copyOf(tags);
    }

    ConsumerEntry with(Status next) {
        return new ConsumerEntry(name, createdMillis, next, tags);
    }

    ConsumerEntry withTags(Map<String, String> next) {
        return new ConsumerEntry(name, createdMillis, status, next);
    }

    Bytes encode() {
        int size = 1 + sizeOf(name) + Long.BYTES + 1 + Short.BYTES;
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
            if (source.get() != VERSION) {
                throw new IllegalArgumentException("a consumer's entry of another version");
            }
            String name = text(source);
            long created = source.getLong();
            Status status = status(source.get());
            Map<String, String> tags = new TreeMap<>();
            for (int left = source.getShort() & 0xffff; left > 0; left--) {
                tags.put(text(source), text(source));
            }
            if (source.hasRemaining()) {
                throw new IllegalArgumentException("a consumer's entry with bytes too many");
            }
            return new ConsumerEntry(name, created, status, tags);
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
