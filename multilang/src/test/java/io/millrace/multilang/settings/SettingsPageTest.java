package io.millrace.multilang.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page has each setting as the table has it. Run with {@code -Dsettings.write=true} to write it anew. */
class SettingsPageTest {
    private static final Path PAGE = Path.of("..", "docs", "multilang.md");
    private static final String MARK = "<!-- From here on SettingsPageTest writes the page. -->\n";

    @Test
    void pageShowsEverySettingAsTheTableHasIt() throws IOException {
        String page = Files.readString(PAGE);
        int mark = page.indexOf(MARK);
        assertThat(mark).as("the mark in %s", PAGE).isPositive();
        String expected = page.substring(0, mark) + MARK + table();
        if (Boolean.getBoolean("settings.write")) {
            Files.writeString(PAGE, expected);
        }

        assertThat(Files.readString(PAGE))
                .as("%s; -Dsettings.write=true writes it", PAGE)
                .isEqualTo(expected);
    }

    private static String table() {
        StringBuilder table = new StringBuilder("\n| key | here |\n|---|---|\n");
        for (Row row : SettingTable.all()) {
            String here = switch (row.use()) {
                case HONOURED -> row.text();
                case ALIAS -> "the same as `" + row.text() + "`";
                case MEANINGLESS -> "no effect: " + row.text();
            };
            table.append("| `").append(row.key()).append("` | ").append(here).append(" |\n");
        }
        return table.toString();
    }
}
