package io.millrace.streamcore.api.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {
    private static final Instant START = Instant.parse("2015-01-22T01:22:02Z");

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private Instant now = START;

    @Test
    void aTokenIsForItsPurposeOnlyAndGoodForFiveMinutes() throws IOException {
        PageTokens tokens = new PageTokens(TokenSeal.of(folder.resolve("key")), () -> now);
        String token = tokens.write(TokenSeal.Purpose.SHARD_PAGE, "a", "", "b");

        assertThat(tokens.read(TokenSeal.Purpose.SHARD_PAGE, token)).containsExactly("a", "", "b");
        assertThatThrownBy(() -> tokens.read(TokenSeal.Purpose.STREAM_PAGE, token))
                .hasMessage("NextToken is invalid.");
        now = START.plus(Duration.ofMinutes(5)).plusMillis(1);
        assertThatThrownBy(() -> tokens.read(TokenSeal.Purpose.SHARD_PAGE, token))
                .satisfies(e -> assertThat(((ApiException) e).code()).isEqualTo(ErrorCode.EXPIRED_NEXT_TOKEN));
    }

    /** On a full disk, say: then tokens end with the server. */
    @Test
    void aKeyThatCannotBeKeptIsGoodForThisServer() throws IOException {
        PageTokens tokens = new PageTokens(TokenSeal.of(folder.resolve("none/key")), () -> now);
        String token = tokens.write(TokenSeal.Purpose.SHARD_PAGE, "a");

        assertThat(tokens.read(TokenSeal.Purpose.SHARD_PAGE, token)).containsExactly("a");
    }

    @Test
    void aDamagedKeyIsNamed() throws IOException {
        Path key = Files.writeString(folder.resolve("key"), "short");
        assertThatThrownBy(() -> TokenSeal.of(key))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(key.toString())
                .hasMessageContaining("delete it");
    }
}
