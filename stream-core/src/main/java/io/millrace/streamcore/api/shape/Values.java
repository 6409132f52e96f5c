package io.millrace.streamcore.api.shape;

import io.millrace.model.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a request gave for the members of one structure: one slot a member, empty where the request had nothing or null.
 * Filled by the {@link BodyReader}, only read afterwards.
 *
 * <p>The accessors throw {@link IllegalArgumentException} for a member that the structure does not have: a mistake in
 * the program, never in the request.
 */
public final class Values {
    private final Shape.Structure structure;
    private final @Nullable Object[] slots;

    Values(Shape.Structure structure) {
        this.structure = structure;
        this.slots = new @Nullable Object[structure.members().size()];
    }

    /** The structure whose values these are. */
    public Shape.Structure structure() {
        return structure;
    }

    /** True when the structure has a member of this name, whether or not the request gave it. */
    public boolean hasMember(String member) {
        return structure.indexOf(member) >= 0;
    }

    /** True when the request gave the member. */
    public boolean has(String member) {
        return get(member) != null;
    }

    /** The text of a member that the check found to be there. */
    public String requiredText(String member) {
        return (String) required(member);
    }

    /** The text of a member. */
    public Optional<String> text(String member) {
        return Optional.ofNullable((String) get(member));
    }

    /** The number of a member. */
    public OptionalInt whole(String member) {
        Object value = get(member);
        return value == null ? OptionalInt.empty() : OptionalInt.of((Integer) value);
    }

    /** The number of a member that the check found to be there. */
    public int requiredWhole(String member) {
        return (Integer) required(member);
    }

    /** The structure of a member that the check found to be there. */
    public Values requiredStructure(String member) {
        return (Values) required(member);
    }

    /** The texts of a list member; empty when it is missing. */
    @SuppressWarnings("unchecked") // the reader fills a list of texts with text only
    public List<String> texts(String member) {
        List<String> texts = (List<String>) get(member);
        return texts == null ? List.of() : texts;
    }

    /** The flag of a member; false when it is missing. */
    public boolean flag(String member) {
        return get(member) instanceof Boolean flag && flag;
    }

    /** The bytes of a member that the check found to be there. */
    public Bytes requiredBlob(String member) {
        return (Bytes) required(member);
    }

    /** The moment of a member. */
    public Optional<Instant> time(String member) {
        return Optional.ofNullable((Instant) get(member));
    }

    /** The structures of a list member; empty when it is missing. */
    @SuppressWarnings("unchecked") // the reader fills a list of structures with Values only
    public List<Values> structures(String member) {
        List<Values> values = (List<Values>) get(member);
        return values == null ? List.of() : values;
    }

    /** The values of a structure member. */
    public Optional<Values> structure(String member) {
        return Optional.ofNullable((Values) get(member));
    }

    /** The entries of a map member; empty when it is missing. */
    @SuppressWarnings("unchecked") // the reader fills a map with text only
    public Map<String, String> map(String member) {
        Map<String, String> map = (Map<String, String>) get(member);
        return map == null ? Map.of() : map;
    }

    @Nullable
    Object slot(int index) {
        return slots[index];
    }

    void fill(int index, @Nullable Object value) {
        slots[index] = value;
    }

    private Object required(String member) {
        Object value = get(member);
        if (value == null) {
            throw new IllegalArgumentException(structure.name() + " was not checked: no " + member);
        }
        return value;
    }

    private @Nullable Object get(String member) {
        int index = structure.indexOf(member);
        if (index < 0) {
            throw new IllegalArgumentException(structure.name() + " has no member " + member);
        }
        return slots[index];
    }
}
