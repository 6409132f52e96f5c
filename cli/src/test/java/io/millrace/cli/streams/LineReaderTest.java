package io.millrace.cli.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.Bytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LineReaderTest {
    @Test
    void linesEndWithLfOrCrLfOrTheInput() throws IOException {
        assertThat(lines("a\nb\r\n\nlast")).containsExactly("a", "b", "", "last");
    }

    @Test
    void endOfLineAtTheEndMakesNoEmptyLine() throws IOException {
        assertThat(lines("a\n")).containsExactly("a");
        assertThat(lines("")).isEmpty();
    }

    @Test
    void longLinesComeWhole() throws IOException {
        String line = "x".repeat(200_000);
        assertThat(lines(line + "\n" + line + "\r\n")).containsExactly(line, line);
    }

    private static List<String> lines(String text) throws IOException {
        LineReader reader = new LineReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        List<String> lines = new ArrayList<>();
        for (Optional<Bytes> line = reader.read(); line.isPresent(); line = reader.read()) {
            lines.add(line.get().toUtf8());
        }
        return lines;
    }
}
