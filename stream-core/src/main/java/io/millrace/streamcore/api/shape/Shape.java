package io.millrace.streamcore.api.shape;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The type of a member with its constraints, as the service's model gives them. Bounds include both ends. */
public sealed interface Shape {
    /** Which case this is, for exhaustive switches. */
    Kind kind();

    /** The cases. */
    enum Kind {
        /** {@link Text}. */
        TEXT,
        /** {@link Whole}. */
        WHOLE,
        /** {@link Flag}. */
        FLAG,
        /** {@link Blob}. */
        BLOB,
        /** {@link Time}. */
        TIME,
        /** {@link ListOf}. */
        LIST,
        /** {@link MapOf}. */
        MAP,
        /** {@link Structure}. */
        STRUCTURE
    }

    /**
     * A string.
     *
     * @param min the fewest UTF-16 units
     * @param max the most UTF-16 units
     * @param patternOrNull what the whole text must match
     * @param values the only values allowed; empty when any is
     */
    record Text(int min, int max, @Nullable TextPattern patternOrNull, List<String> values) implements Shape {
        /** Copies the list. */
        public Text {
            values = List.copyOf(values);
        }

        /** Text of so many UTF-16 units. */
        public static Text ofLength(int min, int max) {
            return new Text(min, max, null, List.of());
        }

        /** Text of so many UTF-16 units that matches as a whole. */
        public static Text matching(int min, int max, String pattern) {
            return new Text(min, max, TextPattern.of(pattern), List.of());
        }

        /** One of the values given. */
        public static Text oneOf(String... values) {
            return new Text(0, Integer.MAX_VALUE, null, List.of(values));
        }

        @Override
        public Kind kind() {
            return Kind.TEXT;
        }
    }

    /**
     * A whole number; fractions are cut and values beyond an int are clamped before the bounds apply.
     *
     * @param min the lowest value
     * @param max the highest value
     */
    record Whole(int min, int max) implements Shape {
        @Override
        public Kind kind() {
            return Kind.WHOLE;
        }
    }

    /** True or false. */
    record Flag() implements Shape {
        @Override
        public Kind kind() {
            return Kind.FLAG;
        }
    }

    /**
     * Bytes: base64 text in JSON, a byte string in CBOR.
     *
     * @param max the most bytes
     */
    record Blob(int max) implements Shape {
        @Override
        public Kind kind() {
            return Kind.BLOB;
        }
    }

    /** A moment: seconds with a fraction in JSON, milliseconds in CBOR. */
    record Time() implements Shape {
        @Override
        public Kind kind() {
            return Kind.TIME;
        }
    }

    /**
     * A list.
     *
     * @param element what it holds
     * @param min the fewest elements
     * @param max the most elements
     */
    record ListOf(Shape element, int min, int max) implements Shape {
        /** Checks the part. */
        public ListOf {
            requireNonNull(element, "element");
        }

        @Override
        public Kind kind() {
            return Kind.LIST;
        }
    }

    /**
     * A map from text to text.
     *
     * @param key the shape of its keys
     * @param value the shape of its values
     * @param min the fewest entries
     * @param max the most entries
     */
    record MapOf(Text key, Text value, int min, int max) implements Shape {
        /** Checks the parts. */
        public MapOf {
            requireNonNull(key, "key");
            requireNonNull(value, "value");
        }

        @Override
        public Kind kind() {
            return Kind.MAP;
        }
    }

    /**
     * Named members. Others than these are ignored in a request.
     *
     * @param name the structure's name in the model
     * @param members what it may hold
     */
    record Structure(String name, List<Member> members) implements Shape {
        /** A structure that knows no member: reading it skips everything. */
        public static final Structure EMPTY = new Structure("Empty", List.of());

        /** Checks the part and copies the list. */
        public Structure {
            requireNonNull(name, "name");
            members = List.copyOf(members);
        }

        /** A structure of these members. */
        public static Structure of(String name, Member... members) {
            return new Structure(name, List.of(members));
        }

        /** Where {@code member} stands among the members, or -1. */
        int indexOf(String member) {
            for (int i = 0; i < members.size(); i++) {
                if (members.get(i).name().equals(member)) {
                    return i;
                }
            }
            return -1;
        }

        @Override
        public Kind kind() {
            return Kind.STRUCTURE;
        }
    }
}
