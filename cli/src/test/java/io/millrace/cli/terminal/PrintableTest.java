package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrintableTest {
    /** Sets the clipboard of a terminal that obeys. */
    private static final String OSC_52 = "\u001b]52;c;cm0gLXJmIH4=\u0007";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void controlAndBidirectionalCharactersAreShownAsEscapes() {
        assertThat(Printable.of(OSC_52)).isEqualTo("\\u001b]52;c;cm0gLXJmIH4=\\u0007");
        assertThat(Printable.of("a\u007fb\u009bc\u202ed\u2066e\u200ff"))
                .isEqualTo("a\\u007fb\\u009bc\\u202ed\\u2066e\\u200ff");
        assertThat(Printable.of("line\r\n\ttab")).isEqualTo("line\\u000d\n\ttab");
        assertThat(Printable.of("Grüße, 世界 \uD83D\uDE00")).isEqualTo("Grüße, 世界 \uD83D\uDE00");
    }

    @Test
    void bytesAreReadAsUtf8AndOthersAreShown() {
        assertThat(text(Printable.of(bytes("é\u009b世\uD83D\uDE00\n")))).isEqualTo("é\\u009b世\uD83D\uDE00\n");
        assertThat(text(Printable.of(new byte[] {'a', (byte) 0x9b, (byte) 0xc3, '(', (byte) 0xe4, (byte) 0xb8})))
                .isEqualTo("a\\x9b\\xc3(\\xe4\\xb8");
        assertThat(text(Printable.of(new byte[] {(byte) 0xc0, (byte) 0x9b}))).isEqualTo("\\xc0\\x9b");
    }

    @Test
    void terminalShowsWhatItWouldObey() {
        Terminal terminal = terminal(true);
        terminal.write(stream -> stream.write(bytes(OSC_52 + "\n")));
        terminal.line("{\"partitionKey\":\"\u009b31m\"}");
        terminal.note("the service says " + OSC_52);
        terminal.screen(List.of("owner \u001b[31m"));

        assertThat(text(out.toByteArray()))
                .isEqualTo("\\u001b]52;c;cm0gLXJmIH4=\\u0007\n{\"partitionKey\":\"\\u009b31m\"}\n");
        assertThat(text(err.toByteArray()))
                .contains("the service says \\u001b]52;c;", "owner \\u001b[31m")
                .doesNotContain("\u0007");
    }

    @Test
    void pipedBytesStayAsTheyAre() {
        Terminal terminal = terminal(false);
        terminal.write(stream -> stream.write(new byte[] {0x1b, (byte) 0x9b, (byte) 0xff}));
        terminal.line(OSC_52);

        assertThat(out.toByteArray()).startsWith(0x1b, 0x9b, 0xff).endsWith(bytes(OSC_52 + "\n"));
    }

    private Terminal terminal(boolean isTerminal) {
        return new Terminal(
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                isTerminal,
                isTerminal,
                new ScreenSize(24, 80));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
