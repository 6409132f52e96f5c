package io.millrace.multilang.settings;

import io.millrace.multilang.settings.Row.Use;
import java.util.ArrayList;
import java.util.List;

/** Says in words what settings mean. Pure functions. */
final class Explanations {
    private Explanations() {}

    /** A line for each setting, in the order in which they were given. */
    static List<String> of(Values values) {
        List<String> lines = new ArrayList<>();
        for (Keys.Known known : values.all()) {
            Setting setting = known.setting();
            Row row = known.row();
            String as = known.isAlias() ? " (as " + row.key() + ")" : "";
            String meaning = row.use() == Use.HONOURED ? row.text() : "has no effect here: " + row.text();
            lines.add(setting.origin() + ": " + setting.key() + " = " + setting.value() + as + ": " + meaning);
        }
        return lines;
    }

    /** A line for each setting that has no effect. */
    static List<String> warnings(Values values) {
        return values.all().stream()
                .filter(known -> known.row().use() == Use.MEANINGLESS)
                .map(known -> known.setting().origin() + ": " + known.setting().key() + " has no effect here: "
                        + known.row().text())
                .toList();
    }
}
