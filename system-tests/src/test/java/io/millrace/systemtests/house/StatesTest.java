package io.millrace.systemtests.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import io.millrace.runtime.Transitions;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of state machines shows each as its table has it. Run with {@code -Dstates.write=true} to write it anew. */
class StatesTest {
    private static final Path PAGE = House.top().resolve("docs/states.md");

    private static final String HEAD = """
            # States

            Every state machine of the code, drawn from its table (`runtime.Transitions`). `StatesTest` fails while this page differs
            from the tables and writes it anew when run with `-Dstates.write=true`.
            """;

    @Test
    void pageShowsEveryStateMachineAsItsTableHasIt() throws IOException, ReflectiveOperationException {
        List<Transitions<?>> machines = machines();
        StringBuilder page = new StringBuilder(HEAD);
        for (Transitions<?> machine : machines) {
            draw(machine, page);
        }
        if (Boolean.getBoolean("states.write")) {
            Files.writeString(PAGE, page);
        }

        assertThat(machines).hasSizeGreaterThan(8);
        assertThat(House.read(PAGE))
                .as("%s; -Dstates.write=true writes it", PAGE)
                .isEqualTo(page.toString());
    }

    /** What stands in static fields of the product, in the order of the states' names. */
    private static List<Transitions<?>> machines() throws ReflectiveOperationException {
        List<Transitions<?>> machines = new ArrayList<>();
        for (JavaClass type : House.classes()) {
            for (JavaField field : type.getFields()) {
                if (field.getRawType().isEquivalentTo(Transitions.class)
                        && field.getModifiers().contains(JavaModifier.STATIC)) {
                    Field table = field.reflect();
                    table.setAccessible(true);
                    machines.add((Transitions<?>) table.get(null));
                }
            }
        }
        machines.sort(Comparator.comparing(machine -> machine.states().getName()));
        return machines;
    }

    private static <S extends Enum<S>> void draw(Transitions<S> machine, StringBuilder page) {
        Class<S> type = machine.states();
        S[] states = type.getEnumConstants();
        String name =
                type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
        page.append("\n## ").append(name).append("\n\n");
        page.append(described(type, name))
                .append(" In `")
                .append(type.getPackageName())
                .append("`.\n\n");
        page.append("```mermaid\nstateDiagram-v2\n");
        page.append("    [*] --> ").append(states[0]).append('\n');
        for (S from : states) {
            boolean last = true;
            for (S to : states) {
                String event = machine.event(from, to).orElse(null);
                if (event != null) {
                    last &= from == to;
                    page.append("    " + from + " --> " + to + ": " + event + "\n");
                }
            }
            if (last) {
                page.append("    ").append(from).append(" --> [*]\n");
            }
        }
        page.append("```\n");
    }

    /** The first sentence of the states' comment. */
    private static String described(Class<?> states, String name) {
        String file = states.getPackageName().replace('.', '/') + "/" + name.replaceFirst("\\..*", "") + ".java";
        String source = House.sources().stream()
                .filter(path -> path.toString().replace('\\', '/').endsWith("/" + file))
                .map(House::read)
                .findFirst()
                .orElseThrow();
        Matcher comment = Pattern.compile("/\\*\\* ((?:(?!\\*/).)*?\\.)(?: (?:(?!\\*/).)*)?\\*/\\s+[a-z ]*enum "
                        + states.getSimpleName() + " ")
                .matcher(source);
        assertThat(comment.find()).as("%s says what it is", states).isTrue();
        return comment.group(1);
    }
}
