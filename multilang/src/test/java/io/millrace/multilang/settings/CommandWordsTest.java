package io.millrace.multilang.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CommandWordsTest {
    @Test
    void textWithoutQuotesIsSplitAtSpacesAlone() {
        assertThat(CommandWords.split("python3  app.py   --x=1\t2 \\a $HOME"))
                .containsExactly("python3", "app.py", "--x=1\t2", "\\a", "$HOME");
    }

    @Test
    void quotesKeepWordsTogether() {
        assertThat(CommandWords.split("\"/opt/my app/run\" 'it''s' \"a \\\"b\\\" \\\\ \\n\" ''"))
                .containsExactly("/opt/my app/run", "its", "a \"b\" \\ \\n", "");
        assertThat(CommandWords.split("node --title='two words' x")).containsExactly("node", "--title=two words", "x");
    }

    @Test
    void mistakesAreTold() {
        assertThatThrownBy(() -> CommandWords.split("sh -c 'x")).hasMessageContaining("not closed");
        assertThatThrownBy(() -> CommandWords.split("  ")).hasMessageContaining("no program");
        assertThatThrownBy(() -> CommandWords.split("'' x")).hasMessageContaining("no program");
    }
}
