package io.millrace.streamcore.api.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Compares the table with the service's API model, where that is at hand: run with
 * {@code -Dmillrace.model=/path/to/service-2.json}.
 */
class ServiceInputsTest {
    private static final String PROPERTY = "millrace.model";
    /** What the model of 2013-12-02 in its public form of August 2026 does not have; see {@link NewestModelTest}. */
    private static final Set<String> NEWER = Set.of("DryRun", "RecordDistributionStrategy");

    @Test
    void everyConstraintIsTheModels() throws IOException {
        String file = System.getProperty(PROPERTY);
        if (file == null) {
            System.out.println("SKIPPED: ServiceInputsTest compares nothing without -D" + PROPERTY + "=<model file>");
        }
        assumeThat(file).as("-D" + PROPERTY).isNotNull();
        Map<String, Object> model = parse(new File(Objects.requireNonNull(file)));
        Map<String, Object> shapes = map(model, "shapes");
        Map<String, String> expected = new TreeMap<>();
        Map<String, Object> operations = map(model, "operations");
        for (String operation : operations.keySet()) {
            String input = (String) map(map(operations, operation), "input").get("shape");
            expected.put(operation, ofModel(Objects.requireNonNull(input), shapes));
        }
        Map<String, String> actual = new TreeMap<>();
        expected.keySet()
                .forEach(operation -> actual.put(
                        operation,
                        ofTable(Objects.requireNonNull(ServiceInputs.all().get(operation)))));
        assertThat(actual).isEqualTo(expected);
        System.out.println("Compared the inputs of " + expected.size() + " operations with " + file);
    }

    /** One line that says everything about a shape of the model. */
    private static String ofModel(String name, Map<String, Object> shapes) {
        Map<String, Object> shape = map(shapes, name);
        String type = (String) Objects.requireNonNull(shape.get("type"));
        return switch (type) {
            case "string" ->
                text(
                        number(shape, "min", 0),
                        number(shape, "max", Integer.MAX_VALUE),
                        shape.get("pattern"),
                        list(shape, "enum"));
            case "integer" ->
                "whole " + number(shape, "min", Integer.MIN_VALUE) + ".." + number(shape, "max", Integer.MAX_VALUE);
            case "boolean" -> "flag";
            case "timestamp" -> "time";
            case "blob" -> "blob.." + number(shape, "max", Integer.MAX_VALUE);
            case "list" ->
                "list " + number(shape, "min", 0) + ".." + number(shape, "max", Integer.MAX_VALUE) + " of "
                        + ofModel(target(shape, "member"), shapes);
            case "map" ->
                "map " + number(shape, "min", 0) + ".." + number(shape, "max", Integer.MAX_VALUE) + " of "
                        + ofModel(target(shape, "key"), shapes) + " to " + ofModel(target(shape, "value"), shapes);
            case "structure" -> {
                List<String> members = new ArrayList<>();
                map(shape, "members").keySet().forEach(member -> {
                    boolean isRequired = list(shape, "required").contains(member);
                    members.add((isRequired ? "*" : "") + member + ": "
                            + ofModel(target(map(shape, "members"), member), shapes));
                });
                yield name + " " + members;
            }
            default -> throw new AssertionError("a shape of type " + type + ": " + name);
        };
    }

    private static String ofTable(Shape shape) {
        return switch (shape.kind()) {
            case TEXT -> {
                Shape.Text text = (Shape.Text) shape;
                String pattern = text.patternOrNull() == null
                        ? null
                        : text.patternOrNull().pattern();
                yield text(text.min(), text.max(), pattern, text.values());
            }
            case WHOLE -> "whole " + ((Shape.Whole) shape).min() + ".." + ((Shape.Whole) shape).max();
            case FLAG -> "flag";
            case TIME -> "time";
            case BLOB -> "blob.." + ((Shape.Blob) shape).max();
            case LIST -> {
                Shape.ListOf list = (Shape.ListOf) shape;
                yield "list " + list.min() + ".." + list.max() + " of " + ofTable(list.element());
            }
            case MAP -> {
                Shape.MapOf map = (Shape.MapOf) shape;
                yield "map " + map.min() + ".." + map.max() + " of " + ofTable(map.key()) + " to "
                        + ofTable(map.value());
            }
            case STRUCTURE -> {
                Shape.Structure structure = (Shape.Structure) shape;
                List<String> members = new ArrayList<>();
                for (Member member : structure.members()) {
                    if (NEWER.contains(member.name())) {
                        continue;
                    }
                    members.add((member.isRequired() ? "*" : "") + member.name() + ": " + ofTable(member.shape()));
                }
                yield structure.name() + " " + members;
            }
        };
    }

    private static String text(int min, int max, @Nullable Object pattern, List<?> values) {
        return "text " + min + ".." + max + " " + pattern + " " + values;
    }

    private static int number(Map<String, Object> shape, String key, int otherwise) {
        return shape.get(key) instanceof Number number ? number.intValue() : otherwise;
    }

    private static String target(Map<String, Object> shape, String key) {
        return (String) Objects.requireNonNull(map(shape, key).get("shape"));
    }

    @SuppressWarnings("unchecked") // what the parser makes of a JSON object
    private static Map<String, Object> map(Map<String, Object> parent, String key) {
        return (Map<String, Object>) Objects.requireNonNull(parent.get(key), key);
    }

    private static List<?> list(Map<String, Object> parent, String key) {
        return parent.get(key) instanceof List<?> list ? list : List.of();
    }

    @SuppressWarnings("unchecked") // a model is a JSON object
    private static Map<String, Object> parse(File file) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(file)) {
            parser.nextToken();
            return (Map<String, Object>) value(parser);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                map.put(name, value(parser));
            }
            return map;
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            List<Object> list = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                list.add(value(parser));
            }
            return list;
        }
        if (parser.currentToken().isNumeric()) {
            return parser.getNumberValue();
        }
        return Optional.ofNullable(parser.getText()).orElse("null");
    }
}
