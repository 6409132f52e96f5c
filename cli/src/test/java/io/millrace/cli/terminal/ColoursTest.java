package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ColoursTest {
    private static final List<ShownLine> LINES = List.of(ShownLine.plain("well"), ShownLine.wrong("bad\u001b[2J"));

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void whatIsWrongIsRedOnATerminalAndNothingElseIsObeyed() {
        terminal(true, true).lines(LINES);
        terminal(true, true).paintedScreen(LINES);

        assertThat(text(out)).isEqualTo("well\n\u001b[31mbad\\u001b[2J\u001b[0m\n");
        assertThat(text(err)).endsWith("well\n\u001b[31mbad\\u001b[2J\u001b[0m\n");
    }

    @Test
    void withNoColorNothingIsRed() {
        terminal(true, false).lines(LINES);
        terminal(true, false).paintedScreen(LINES);

        assertThat(text(out)).isEqualTo("well\nbad\\u001b[2J\n");
        assertThat(text(err)).endsWith("well\nbad\\u001b[2J\n");
    }

    @Test
    void pipedBytesStayAsTheyAre() {
        terminal(false, true).lines(LINES);

        assertThat(text(out)).isEqualTo("well\nbad\u001b[2J\n");
    }

    private Terminal terminal(boolean isTerminal, boolean colours) {
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new Terminal(out, errors, isTerminal, isTerminal, ScreenSize.USUAL, colours);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
