package io.millrace.streamcore.api.shape;

import static java.util.Objects.requireNonNull;

/**
 * A named part of a structure.
 *
 * @param name as it stands in a body
 * @param shape what it may be
 * @param isRequired whether it must be there
 */
public record Member(String name, Shape shape, boolean isRequired) {
    /** Checks the parts. */
    public Member {
        requireNonNull(name, "name");
        requireNonNull(shape, "shape");
    }

    /** A member that may be missing. */
    public static Member optional(String name, Shape shape) {
        return new Member(name, shape, false);
    }

    /** A member that must be there. */
    public static Member required(String name, Shape shape) {
        return new Member(name, shape, true);
    }

    /** The name as the service writes it in the texts of its errors: with a small first letter. */
    String nameInErrors() {
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }
}
