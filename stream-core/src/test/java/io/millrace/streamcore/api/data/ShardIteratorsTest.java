package io.millrace.streamcore.api.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.PageTokens;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.stream.ShardCursor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardIteratorsTest {
    private static final Instant START = Instant.parse("2015-01-22T01:22:02Z");
    private static final ShardCursor CURSOR = new ShardCursor(
            new StreamName("s".repeat(128)),
            Instant.parse("2026-01-01T00:00:00.123456789Z"),
            ShardId.of(Integer.MAX_VALUE),
            SequenceNumber.of(1_700_000_000, 5, Long.MAX_VALUE, 1_700_000_001),
            true);

    @TempDir
    @SuppressWarnings("NullAway.Init") // JUnit fills it before each test
    private Path folder;

    private Instant now = START;

    @Test
    void anIteratorSaysExactlyWhatItWasMadeFrom() throws IOException {
        String iterator = iterators().write(CURSOR);

        assertThat(iterator).hasSizeLessThanOrEqualTo(512);
        assertThat(iterators().read(iterator)).isEqualTo(CURSOR);
    }

    @Test
    void noTwoIteratorsAreTheSame() throws IOException {
        ShardIterators iterators = iterators();
        Set<String> made = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            made.add(iterators.write(CURSOR).substring(0, 16));
        }
        assertThat(made).as("the part that must never repeat").hasSize(1000);
    }

    @Test
    void anIteratorIsGoodForFiveMinutes() throws IOException {
        String iterator = iterators().write(CURSOR);
        now = START.plus(Duration.ofMinutes(5));
        assertThat(iterators().read(iterator)).isEqualTo(CURSOR);
        now = now.plusMillis(1);
        assertThatThrownBy(() -> iterators().read(iterator))
                .isInstanceOf(ApiException.class)
                .hasMessage(
                        "Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015 while right"
                                + " now it is Thu Jan 22 01:27:02 UTC 2015 which is further in the future than the tolerated"
                                + " delay of 300000 milliseconds.")
                .satisfies(e -> assertThat(((ApiException) e).code()).isEqualTo(ErrorCode.EXPIRED_ITERATOR));
    }

    @Test
    void noChangedBitIsAccepted() throws IOException {
        ShardIterators iterators = iterators();
        byte[] sealed = Base64.getDecoder().decode(iterators.write(CURSOR));
        for (int bit = 0; bit < sealed.length * 8; bit++) {
            byte[] forged = sealed.clone();
            forged[bit / 8] ^= (byte) (1 << (bit % 8));
            String text = Base64.getEncoder().encodeToString(forged);
            assertThatThrownBy(() -> iterators.read(text)).as("bit %s", bit).hasMessage("Invalid ShardIterator.");
        }
    }

    @Test
    void noPartOfAnIteratorIsAccepted() throws IOException {
        ShardIterators iterators = iterators();
        String whole = iterators.write(CURSOR);
        for (int length = 0; length < whole.length(); length++) {
            String part = whole.substring(0, length);
            assertThatThrownBy(() -> iterators.read(part))
                    .as("%s characters", length)
                    .hasMessage("Invalid ShardIterator.");
        }
    }

    @Test
    void aTokenForAnotherPurposeIsRefused() throws IOException {
        String token = new PageTokens(TokenSeal.of(folder.resolve("key")), () -> now)
                .write(TokenSeal.Purpose.SHARD_PAGE, "a", "b");

        assertThatThrownBy(() -> iterators().read(token)).hasMessage("Invalid ShardIterator.");
    }

    private ShardIterators iterators() throws IOException {
        return new ShardIterators(TokenSeal.of(folder.resolve("key")), () -> now);
    }
}
