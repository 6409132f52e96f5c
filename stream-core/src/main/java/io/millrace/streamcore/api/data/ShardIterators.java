package io.millrace.streamcore.api.data;

import io.millrace.model.SequenceNumber;
import io.millrace.model.ShardId;
import io.millrace.model.StreamName;
import io.millrace.streamcore.api.call.ApiException;
import io.millrace.streamcore.api.call.ErrorCode;
import io.millrace.streamcore.api.call.TokenSeal;
import io.millrace.streamcore.stream.ShardCursor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * Turns cursors into shard iterators and back. An iterator says exactly where to read on and when it was made, and is
 * good for five minutes. Safe for any thread.
 */
final class ShardIterators {
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final DateTimeFormatter TIME_IN_ERRORS = DateTimeFormatter.ofPattern(
                    "EEE MMM dd HH:mm:ss 'UTC' yyyy", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final TokenSeal seal;
    private final InstantSource clock;

    ShardIterators(TokenSeal seal, InstantSource clock) {
        this.seal = seal;
        this.clock = clock;
    }

    /** The iterator of {@code cursor}, at most 512 characters. */
    String write(ShardCursor cursor) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeLong(clock.millis());
            out.writeUTF(cursor.streamCreated().toString());
            out.writeUTF(cursor.stream().value());
            out.writeUTF(cursor.shard().value());
            out.writeBoolean(cursor.inclusive());
            byte[] number = cursor.from().toBigInteger().toByteArray();
            out.writeByte(number.length);
            out.write(number);
        } catch (IOException e) {
            throw new IllegalStateException("an array refused bytes", e);
        }
        return seal.seal(TokenSeal.Purpose.SHARD_ITERATOR, bytes.toByteArray());
    }

    /**
     * The cursor of an iterator.
     *
     * @throws ApiException if this server did not make it, or too long ago
     */
    ShardCursor read(String iterator) {
        byte[] content = seal.open(TokenSeal.Purpose.SHARD_ITERATOR, iterator)
                .orElseThrow(() -> ApiException.invalidArgument("Invalid ShardIterator."));
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content))) {
            checkAge(Instant.ofEpochMilli(in.readLong()));
            Instant created = Instant.parse(in.readUTF());
            StreamName stream = new StreamName(in.readUTF());
            ShardId shard = new ShardId(in.readUTF());
            boolean inclusive = in.readBoolean();
            byte[] number = in.readNBytes(in.readUnsignedByte());
            SequenceNumber from = SequenceNumber.parse(new BigInteger(number).toString());
            return new ShardCursor(stream, created, shard, from, inclusive);
        } catch (IOException | IllegalArgumentException | DateTimeException otherForm) {
            // Sealed by a version of this server that wrote another form.
            throw ApiException.invalidArgument("Invalid ShardIterator.");
        }
    }

    /** The stream of an iterator, however old it is; empty if it is not of this seal. */
    static Optional<String> streamOf(TokenSeal seal, String iterator) {
        Optional<byte[]> content = seal.open(TokenSeal.Purpose.SHARD_ITERATOR, iterator);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content.get()))) {
            in.readLong();
            in.readUTF();
            return Optional.of(in.readUTF());
        } catch (IOException otherForm) {
            return Optional.empty();
        }
    }

    private void checkAge(Instant made) {
        Instant now = clock.instant();
        if (made.plus(LIFETIME).isBefore(now)) {
            throw new ApiException(
                    ErrorCode.EXPIRED_ITERATOR,
                    "Iterator expired. The iterator was created at time " + TIME_IN_ERRORS.format(made)
                            + " while right now it is " + TIME_IN_ERRORS.format(now)
                            + " which is further in the future than the tolerated delay of " + LIFETIME.toMillis()
                            + " milliseconds.");
        }
    }
}
