package io.millrace.lease.table;

import io.millrace.lease.LeaseKey;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What a plan says of leases, as attributes of an item. Up to {@value #MOST_IN_THE_OPEN} leases stand there for people to
 * read; more of them are packed, because an item has 400 KB at most (DynamoDB, limits) and every worker reads all plans.
 */
final class PlanCodec {
    private static final int MOST_IN_THE_OPEN = 500;

    private PlanCodec() {}

    static <V> void write(
            String name,
            SortedMap<LeaseKey, V> values,
            Function<V, String> text,
            Map<String, @Nullable AttributeValue> item) {
        boolean open = values.size() <= MOST_IN_THE_OPEN;
        item.put(name, open ? inTheOpen(values, text) : null);
        item.put(packed(name), open ? null : packed(values, text));
    }

    static <V> SortedMap<LeaseKey, V> read(String name, Map<String, AttributeValue> item, Function<String, V> value) {
        SortedMap<LeaseKey, V> values = new TreeMap<>();
        AttributeValue packed = item.get(packed(name));
        AttributeValue open = item.get(name);
        if (packed != null) {
            unpack(packed, value, values);
        } else if (open != null) {
            open.m().forEach((key, text) -> values.put(key(key), value.apply(text.s())));
        } else {
            throw new IllegalArgumentException("attribute '" + name + "' is missing");
        }
        return values;
    }

    private static String packed(String name) {
        return name + "Packed";
    }

    private static <V> AttributeValue inTheOpen(SortedMap<LeaseKey, V> values, Function<V, String> text) {
        Map<String, AttributeValue> open = new TreeMap<>();
        values.forEach((key, value) -> open.put(key.toString(), AttributeValue.fromS(text.apply(value))));
        return AttributeValue.fromM(open);
    }

    private static <V> AttributeValue packed(SortedMap<LeaseKey, V> values, Function<V, String> text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeInt(values.size());
            for (Map.Entry<LeaseKey, V> entry : values.entrySet()) {
                out.writeUTF(entry.getKey().toString());
                out.writeUTF(text.apply(entry.getValue()));
            }
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return AttributeValue.fromB(SdkBytes.fromByteArray(bytes.toByteArray()));
    }

    private static <V> void unpack(AttributeValue packed, Function<String, V> value, SortedMap<LeaseKey, V> into) {
        ByteArrayInputStream bytes = new ByteArrayInputStream(packed.b().asByteArray());
        try (DataInputStream in = new DataInputStream(new InflaterInputStream(bytes))) {
            for (int left = in.readInt(); left > 0; left--) {
                into.put(key(in.readUTF()), value.apply(in.readUTF()));
            }
        } catch (IOException broken) {
            throw new IllegalArgumentException("packed leases of a plan: " + broken, broken);
        }
    }

    private static LeaseKey key(String text) {
        int middle = text.indexOf('/');
        return new LeaseKey(new StreamName(text.substring(0, middle)), new ShardId(text.substring(middle + 1)));
    }
}
