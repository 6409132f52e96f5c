package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cli.terminal.ScreenSize;
import io.millrace.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MillraceTest {
    private static final String[] COMMANDS = {
        "  demo ",
        "  server ",
        "  stream ",
        "  put ",
        "  tail ",
        "  consume ",
        "  leases ",
        "  letters ",
        "  env ",
        "  daemon ",
        "  help "
    };

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final ByteArrayOutputStream notes = new ByteArrayOutputStream();

    @Test
    void helpShowsTheCommandsAsTheFlagDoes() {
        assertThat(run("help")).isZero();
        String asCommand = out.toString();
        assertThat(asCommand).startsWith("Usage: millrace ").contains(COMMANDS);
        out.getBuffer().setLength(0);

        assertThat(run("--help")).isZero();
        assertThat(out).hasToString(asCommand);
        assertThat(err.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "server",
                "stream",
                "put",
                "tail",
                "consume",
                "leases",
                "env",
                "daemon",
                "stream create",
                "leases reset",
                "letters",
                "letters show",
                "letters replay"
            })
    void helpOnACommandShowsItsUsage(String command) {
        assertThat(run(("help " + command).split(" "))).isZero();
        assertThat(out.toString()).startsWith("Usage: millrace " + command);
    }

    @Test
    void helpOnWhatIsNoCommandNamesIt() {
        assertThat(run("help", "nosuch")).isEqualTo(2);
        assertThat(notes.toString(StandardCharsets.UTF_8))
                .startsWith("millrace")
                .contains("'nosuch'");
    }

    @Test
    void withoutACommandTheUsageIsAnError() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).startsWith("Usage: millrace ").contains(COMMANDS);
        assertThat(out.toString()).isEmpty();
    }

    private int run(String... arguments) {
        Terminal terminal = new Terminal(
                OutputStream.nullOutputStream(),
                new PrintStream(notes, true, StandardCharsets.UTF_8),
                false,
                false,
                new ScreenSize(24, 80));
        return new Millrace(terminal)
                .commands()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }
}
