package io.millrace.streamcore.log.disk;

import static java.util.Objects.requireNonNull;

import io.millrace.streamcore.log.CorruptLogException;
import io.millrace.streamcore.log.NewBatches;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The key of one segment: seals the batches in it with AES-256 in GCM mode. A batch's place in the file is its nonce, so no
 * place may be sealed twice: only the run of the server that made the segment seals with its key. What the log says of the
 * batch is bound in. All of it is as it was when each batch had a frame of its own, so that it opens what was sealed then:
 * the place is where such a frame would have begun.
 *
 * <p>Sealing belongs to the writer's loop; opening is safe for any thread.
 */
final class SegmentKey {
    static final int KEY_BYTES = 32;
    /** How much longer a sealed payload is. */
    static final int TAG_BYTES = 16;

    /** Opening begins anew each time, and making a cipher costs more than opening a small batch. */
    private static final ThreadLocal<Cipher> OPENING = ThreadLocal.withInitial(SegmentKey::newCipher);

    /**
     * How much is sealed by one call. The platform's fast code comes with the compiler, which counts calls: batches of half a
     * MiB sealed whole ran at a fortieth of its speed for their first few hundred.
     */
    private static final int PIECE = 4096;

    private static final int NONCE_BYTES = 12;
    private static final int HEADER_BYTES = 4 + 4 + 8 + 8 + 4;

    private final SecretKeySpec key;
    private final Cipher sealing;
    private final byte[] nonce = new byte[NONCE_BYTES];
    private final byte[] header = new byte[HEADER_BYTES];
    private ByteBuffer scratch = ByteBuffer.allocate(0);

    SegmentKey(byte[] key) {
        this.key = new SecretKeySpec(requireNonNull(key, "key"), "AES");
        this.sealing = newCipher();
    }

    /** Nothing more is sealed: lets go of what that took. Writer only. */
    void endSealing() {
        scratch = ByteBuffer.allocate(0);
    }

    /** How much memory is kept for sealing. Writer only. */
    int heldBytes() {
        return scratch.capacity();
    }

    /**
     * The batches' bytes as they stand from {@code position} on, good until the next call; the table learns their
     * checksums. Writer only.
     */
    ByteBuffer seal(BatchTable table, long timeMillis, int position) {
        int size = table.batches().totalLength() + table.size() * TAG_BYTES;
        if (scratch.capacity() < size) {
            scratch = ByteBuffer.allocate(Math.max(size, 2 * scratch.capacity()));
        }
        scratch.clear();
        try {
            for (int batch = 0; batch < table.size(); batch++) {
                int start = scratch.position();
                seal(table, batch, timeMillis, position + start);
                table.setChecksum(batch, Frame.crc(scratch.slice(start, scratch.position() - start)));
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot seal with AES-GCM", e);
        }
        return scratch.flip();
    }

    private void seal(BatchTable table, int batch, long timeMillis, int position) throws GeneralSecurityException {
        NewBatches batches = table.batches();
        putNonce(nonce, position);
        putHeader(header, batches.shard(batch), table.firstIndex(batch), timeMillis, table.count(batch));
        sealing.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        sealing.updateAAD(header);
        ByteBuffer rest = ByteBuffer.wrap(batches.bytes(), batches.from(batch), batches.length(batch));
        int end = rest.limit();
        while (end - rest.position() > PIECE) {
            sealing.update(rest.limit(rest.position() + PIECE), scratch);
            rest.limit(end);
        }
        sealing.doFinal(rest, scratch);
    }

    /**
     * The bytes of the batch of this row that was sealed in {@code file}.
     *
     * @throws CorruptLogException if it is not what was sealed there
     */
    ByteBuffer open(ByteBuffer sealed, int shard, ShardIndex rows, int row, Path file) {
        byte[] place = new byte[NONCE_BYTES];
        byte[] bound = new byte[HEADER_BYTES];
        putNonce(place, rows.position(row));
        putHeader(bound, shard, rows.firstIndex(row), rows.timeMillis(row), rows.count(row));
        try {
            Cipher cipher = requireNonNull(OPENING.get());
            cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(8 * TAG_BYTES, place));
            cipher.updateAAD(bound);
            ByteBuffer plain = ByteBuffer.allocate(Math.max(0, sealed.remaining() - TAG_BYTES));
            // Whatever comes without an array the platform takes in small pieces, which matters as it does above.
            cipher.doFinal(sealed.asReadOnlyBuffer(), plain);
            return plain.flip();
        } catch (AEADBadTagException e) {
            throw new CorruptLogException(file, rows.position(row), "an encrypted batch is not what was written here");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform cannot open what AES-GCM sealed", e);
        }
    }

    private static void putNonce(byte[] target, int position) {
        ByteBuffer.wrap(target).putLong(0).putInt(position - Frame.HEADER_BYTES);
    }

    private static void putHeader(byte[] target, int shard, long firstIndex, long timeMillis, int count) {
        ByteBuffer.wrap(target)
                .putInt(FrameKind.RECORDS.code())
                .putInt(shard)
                .putLong(firstIndex)
                .putLong(timeMillis)
                .putInt(count);
    }

    static Cipher newCipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no AES-GCM", e);
        }
    }
}
