package io.millrace.multilang.settings;

import io.millrace.multilang.settings.Row.Use;
import java.util.ArrayList;
import java.util.List;

/** Says in words what settings mean. Pure functions. */
final class Explanations {
    /** The setting that has an effect on reads by polling alone. */
    private static final String OF_POLLING = "idleTimeBetweenReadsInMillis";

    private static final String NOT_POLLED =
            "records come by enhanced fan-out, and shards are polled only while that is not open;"
                    + " retrievalMode = POLLING would use it";

    private Explanations() {}

    /** A line for each setting, in the order in which they were given. */
    static List<String> of(Values values, boolean isFanOut) {
        List<String> lines = new ArrayList<>();
        for (Keys.Known known : values.all()) {
            Setting setting = known.setting();
            Row row = known.row();
            String as = known.isAlias() ? " (as " + row.key() + ")" : "";
            String meaning = isInVain(row, isFanOut) ? "has no effect here: " + why(row) : row.text();
            lines.add(setting.origin() + ": " + setting.key() + " = " + setting.value() + as + ": " + meaning);
        }
        return lines;
    }

    /** A line for each setting that has no effect. */
    static List<String> warnings(Values values, boolean isFanOut) {
        return values.all().stream()
                .filter(known -> isInVain(known.row(), isFanOut))
                .map(known -> known.setting().origin() + ": " + known.setting().key() + " has no effect here: "
                        + why(known.row()))
                .toList();
    }

    private static boolean isInVain(Row row, boolean isFanOut) {
        return row.use() == Use.MEANINGLESS || (isFanOut && row.key().equals(OF_POLLING));
    }

    private static String why(Row row) {
        return row.use() == Use.MEANINGLESS ? row.text() : NOT_POLLED;
    }
}
