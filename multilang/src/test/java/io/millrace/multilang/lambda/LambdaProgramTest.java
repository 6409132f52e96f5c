package io.millrace.multilang.lambda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LambdaProgramTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    @Test
    void lastLineOfALogIsWhatTheUserIsTold() throws IOException {
        assertThat(lastLine("")).isEqualTo("it ended without a word");
        assertThat(lastLine(" \n\n")).isEqualTo("it ended without a word");
        assertThat(lastLine("one\nmillrace: module app has no function f\n\n"))
                .isEqualTo("module app has no function f");
        assertThat(lastLine("one")).isEqualTo("one");
    }

    @Test
    void ofALongLogOnlyTheEndIsRead() throws IOException {
        assertThat(lastLine("x".repeat(20_000_000) + "\nlast\n")).isEqualTo("last");
        assertThat(lastLine("x".repeat(20_000_000))).hasSizeLessThan(10_000);
    }

    private String lastLine(String log) throws IOException {
        return LambdaProgram.lastLine(Files.writeString(folder.resolve("check.log"), log, StandardCharsets.ISO_8859_1));
    }
}
