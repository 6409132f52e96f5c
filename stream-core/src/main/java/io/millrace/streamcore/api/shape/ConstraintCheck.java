package io.millrace.streamcore.api.shape;

import io.millrace.model.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Checks values against the constraints of their structure and says what is wrong in the service's own form. */
public final class ConstraintCheck {
    /** The service names no more violations than this. */
    private static final int MOST_NAMED = 10;

    private static final int MOST_ECHOED = 1024;

    private final List<String> violations = new ArrayList<>();

    private ConstraintCheck() {}

    /** The text of the violations, empty if there are none. */
    public static Optional<String> violationsOf(Values values) {
        ConstraintCheck check = new ConstraintCheck();
        check.structure("", values);
        return check.violations.isEmpty() ? Optional.empty() : Optional.of(check.text());
    }

    /** The text of one violation that the constraints cannot express, in the same form. */
    public static String violation(String path, Object value, String rule) {
        ConstraintCheck check = new ConstraintCheck();
        check.violate(path, value, rule);
        return check.text();
    }

    private String text() {
        int count = violations.size();
        return count + " validation error" + (count == 1 ? "" : "s") + " detected: "
                + violations.stream().limit(MOST_NAMED).collect(Collectors.joining("; "));
    }

    private void structure(String prefix, Values values) {
        List<Member> members = values.structure().members();
        for (int i = 0; i < members.size(); i++) {
            Member member = members.get(i);
            Object value = values.slot(i);
            if (value != null) {
                value(prefix, member.nameInErrors(), member.shape(), value);
            } else if (member.isRequired()) {
                violate(prefix + member.nameInErrors(), null, "Member must not be null");
            }
        }
    }

    @SuppressWarnings("unchecked") // the reader fills each kind of shape with its own type
    private void value(String prefix, String name, Shape shape, Object value) {
        switch (shape.kind()) {
            case TEXT -> text(prefix + name, (Shape.Text) shape, (String) value);
            case WHOLE -> whole(prefix + name, (Shape.Whole) shape, (Integer) value);
            case BLOB -> length(prefix + name, value, ((Bytes) value).size(), 0, ((Shape.Blob) shape).max());
            case LIST -> list(prefix + name, (Shape.ListOf) shape, (List<Object>) value);
            case MAP -> map(prefix + name, (Shape.MapOf) shape, (Map<String, String>) value);
            case STRUCTURE -> structure(prefix + name + ".", (Values) value);
            case FLAG, TIME -> {}
        }
    }

    private void text(String path, Shape.Text shape, String value) {
        if (shape.patternOrNull() != null && !shape.patternOrNull().matches(value)) {
            violate(path, value, "Member must satisfy regular expression pattern: " + shape.patternOrNull());
        }
        if (!shape.values().isEmpty() && !shape.values().contains(value)) {
            violate(path, value, "Member must satisfy enum value set: " + shape.values());
        }
        length(path, value, value.length(), shape.min(), shape.max());
    }

    private void whole(String path, Shape.Whole shape, int value) {
        if (value < shape.min()) {
            violate(path, value, "Member must have value greater than or equal to " + shape.min());
        }
        if (value > shape.max()) {
            violate(path, value, "Member must have value less than or equal to " + shape.max());
        }
    }

    private void list(String path, Shape.ListOf shape, List<Object> elements) {
        length(path, elements, elements.size(), shape.min(), shape.max());
        if (shape.element() instanceof Shape.Text text) {
            // Of texts the service names the list and all the rules, not which element breaks which.
            if (!elements.stream().allMatch(element -> isWithin(text, (String) element))) {
                violate(path, elements, "Member must satisfy constraint: " + rules(text));
            }
            return;
        }
        for (int i = 0; i < elements.size(); i++) {
            value(path + "." + (i + 1) + ".", "member", shape.element(), elements.get(i));
        }
    }

    private void map(String path, Shape.MapOf shape, Map<String, String> entries) {
        length(path, entries, entries.size(), shape.min(), shape.max());
        if (!entries.keySet().stream().allMatch(key -> isWithin(shape.key(), key))) {
            violate(path, entries, "Map keys must satisfy constraint: " + rules(shape.key()));
        }
        if (!entries.values().stream().allMatch(value -> isWithin(shape.value(), value))) {
            violate(path, entries, "Map value must satisfy constraint: " + rules(shape.value()));
        }
    }

    private static boolean isWithin(Shape.Text shape, String text) {
        return text.length() >= shape.min()
                && text.length() <= shape.max()
                && (shape.values().isEmpty() || shape.values().contains(text));
    }

    private static String rules(Shape.Text shape) {
        if (!shape.values().isEmpty()) {
            return "[Member must satisfy enum value set: " + shape.values() + "]";
        }
        return "[Member must have length less than or equal to " + shape.max()
                + ", Member must have length greater than or equal to " + shape.min() + "]";
    }

    private void length(String path, Object value, int length, int min, int max) {
        if (length < min) {
            violate(path, value, "Member must have length greater than or equal to " + min);
        }
        if (length > max) {
            violate(path, value, "Member must have length less than or equal to " + max);
        }
    }

    private void violate(String path, @Nullable Object value, String rule) {
        if (violations.size() >= MOST_NAMED) {
            // Counted, never shown: the text of a value can be long.
            violations.add("");
            return;
        }
        String shown = value == null ? "null" : "'" + shorten(show(value)) + "'";
        violations.add("Value " + shown + " at '" + path + "' failed to satisfy constraint: " + rule);
    }

    private static String shorten(String text) {
        return text.length() <= MOST_ECHOED ? text : text.substring(0, MOST_ECHOED) + "...";
    }

    private static String show(Object value) {
        if (value instanceof Bytes bytes) {
            return "java.nio.HeapByteBuffer[pos=0 lim=" + bytes.size() + " cap=" + bytes.size() + "]";
        }
        if (value instanceof Values values) {
            String name = values.structure().name();
            return String.format(
                    Locale.ROOT, "com.amazonaws.kinesis.v20131202.%s@%x", name, System.identityHashCode(values));
        }
        if (value instanceof Collection<?> elements) {
            // Enough of a long list to be cut off again.
            return elements.stream()
                    .limit(MOST_ECHOED / 2)
                    .map(ConstraintCheck::show)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        return value.toString();
    }
}
