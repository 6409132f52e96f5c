package io.millrace.streamcore.api.call;

import io.millrace.streamcore.api.shape.Values;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The tokens by which a listing goes on: a few texts that say where, sealed, good for five minutes. Safe for any thread.
 */
public final class PageTokens {
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final char SEPARATOR = '\n';

    private final TokenSeal seal;
    private final InstantSource clock;

    /** Tokens under this seal, which expire by this clock. */
    public PageTokens(TokenSeal seal, InstantSource clock) {
        this.seal = seal;
        this.clock = clock;
    }

    /** A token that holds {@code parts}, none of which has a line break. */
    public String write(TokenSeal.Purpose purpose, String... parts) {
        byte[] text = String.join(String.valueOf(SEPARATOR), parts).getBytes(StandardCharsets.UTF_8);
        return seal.seal(
                purpose,
                ByteBuffer.allocate(Long.BYTES + text.length)
                        .putLong(clock.millis())
                        .put(text)
                        .array());
    }

    /**
     * The parts that a token holds.
     *
     * @throws ApiException if this server did not make it for this purpose, or too long ago
     */
    public List<String> read(TokenSeal.Purpose purpose, String token) {
        ByteBuffer content = seal.open(purpose, token)
                .map(ByteBuffer::wrap)
                .orElseThrow(() -> ApiException.invalidArgument("NextToken is invalid."));
        Instant made = Instant.ofEpochMilli(content.getLong());
        if (made.plus(LIFETIME).isBefore(clock.instant())) {
            throw new ApiException(ErrorCode.EXPIRED_NEXT_TOKEN, "NextToken has expired.");
        }
        String text = StandardCharsets.UTF_8.decode(content).toString();
        return Arrays.asList(text.split(String.valueOf(SEPARATOR), -1));
    }

    /**
     * Refuses a request that has a token and also one of {@code members}, which the token stands for.
     *
     * @throws ApiException that names those which are given
     */
    public static void refuseBeside(Values input, String... members) {
        List<String> given = Stream.of(members).filter(input::has).toList();
        if (!given.isEmpty()) {
            throw ApiException.invalidArgument(
                    "NextToken and " + String.join(", ", given) + " cannot be provided together.");
        }
    }

    /** The last part that a token holds, however old it is; empty if it is not of this seal and purpose. */
    public static Optional<String> lastPart(TokenSeal seal, TokenSeal.Purpose purpose, String token) {
        return text(seal, purpose, token).map(text -> text.substring(text.lastIndexOf(SEPARATOR) + 1));
    }

    /** The first part that a token holds, however old it is; empty if it is not of this seal and purpose. */
    public static Optional<String> firstPart(TokenSeal seal, TokenSeal.Purpose purpose, String token) {
        return text(seal, purpose, token).map(text -> text.split(String.valueOf(SEPARATOR), 2)[0]);
    }

    private static Optional<String> text(TokenSeal seal, TokenSeal.Purpose purpose, String token) {
        return seal.open(purpose, token)
                .filter(content -> content.length > Long.BYTES)
                .map(content -> new String(content, Long.BYTES, content.length - Long.BYTES, StandardCharsets.UTF_8));
    }
}
