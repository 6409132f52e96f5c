package io.millrace.streamcore.log.disk;

import io.millrace.model.Bytes;
import io.millrace.streamcore.log.MetaChange;
import io.millrace.streamcore.log.MetaStore;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of catalog changes. A key is a 2-byte length and UTF-8; a value is a 4-byte length, -1 for a removed key, and
 * its bytes. Decoders throw {@link IllegalArgumentException} for anything else.
 */
final class MetaCodec {
    private MetaCodec() {}

    static ByteBuffer encode(MetaChange change) {
        int size = 4;
        for (MetaChange.Part part : change.parts()) {
            size += 2
                    + utf8(part.key()).length
                    + 4
                    + part.value().map(Bytes::size).orElse(0);
        }
        ByteBuffer target = ByteBuffer.allocate(size).putInt(change.parts().size());
        for (MetaChange.Part part : change.parts()) {
            putKey(target, part.key());
            putValue(target, part.valueOrNull());
        }
        return target.flip();
    }

    /** The change; the versions it was conditional on are not kept. */
    static MetaChange decode(ByteBuffer source) {
        try {
            int count = source.getInt();
            List<MetaChange.Part> parts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                parts.add(new MetaChange.Part(getKey(source), 0, getValue(source)));
            }
            endOf(source);
            return new MetaChange(parts);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a catalog change that ends too early", e);
        }
    }

    static ByteBuffer encodeWhole(Map<String, MetaStore.Entry> entries) {
        int size = 4;
        for (Map.Entry<String, MetaStore.Entry> entry : entries.entrySet()) {
            size += 2
                    + utf8(entry.getKey()).length
                    + 8
                    + 4
                    + entry.getValue().value().size();
        }
        ByteBuffer target = ByteBuffer.allocate(size).putInt(entries.size());
        entries.forEach((key, entry) -> {
            putKey(target, key);
            target.putLong(entry.version());
            putValue(target, entry.value());
        });
        return target.flip();
    }

    static Map<String, MetaStore.Entry> decodeWhole(ByteBuffer source) {
        try {
            int count = source.getInt();
            Map<String, MetaStore.Entry> entries = new TreeMap<>();
            for (int i = 0; i < count; i++) {
                String key = getKey(source);
                long version = source.getLong();
                Bytes value = getValue(source);
                if (value == null) {
                    throw new IllegalArgumentException("a catalog key without a value");
                }
                entries.put(key, new MetaStore.Entry(version, value));
            }
            endOf(source);
            return entries;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("a catalog that ends too early", e);
        }
    }

    private static void putKey(ByteBuffer target, String key) {
        byte[] bytes = utf8(key);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException("a catalog key has at most 65,535 bytes, not " + bytes.length);
        }
        target.putShort((short) bytes.length).put(bytes);
    }

    private static String getKey(ByteBuffer source) {
        byte[] bytes = new byte[source.getShort() & 0xffff];
        source.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void putValue(ByteBuffer target, @Nullable Bytes value) {
        if (value == null) {
            target.putInt(-1);
        } else {
            target.putInt(value.size()).put(value.asByteBuffer());
        }
    }

    private static @Nullable Bytes getValue(ByteBuffer source) {
        int length = source.getInt();
        if (length == -1) {
            return null;
        }
        if (length < 0 || length > source.remaining()) {
            throw new IllegalArgumentException("a catalog value of " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        source.get(bytes);
        return Bytes.wrap(bytes);
    }

    private static void endOf(ByteBuffer source) {
        if (source.hasRemaining()) {
            throw new IllegalArgumentException("a catalog entry with " + source.remaining() + " bytes too many");
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
