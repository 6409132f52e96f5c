package io.millrace.consumer.letters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Mends the end of a file of letters. A writer that died in the middle of a line had not told its worker that the letter is
 * stored, so the letter comes again and the torn line goes. Stateless.
 */
final class FileEnd {
    private static final int CHUNK = 1 << 16;
    /** No record is longer than 10 MiB, in base64 14. */
    private static final int LONGEST_LINE = 32 << 20;

    private FileEnd() {}

    /**
     * Cuts off a torn last line; one that is whole and lacks its line feed only, gets it.
     *
     * @param channel of the file, which the caller has locked
     * @return where the file ends now
     * @throws LetterException if the file ends in a line that is no beginning of a letter; nothing is changed then
     */
    static long mend(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        long begin = beginOfLastLine(channel, size);
        if (begin == size) {
            return size;
        }
        if (size - begin > LONGEST_LINE) {
            throw notLetters(file);
        }
        String line = read(channel, begin, (int) (size - begin));
        if (isLetter(line)) {
            return size + channel.write(ByteBuffer.wrap(new byte[] {'\n'}), size);
        }
        // A machine that lost its power may leave zeros where a file grew.
        String written = line.replaceFirst("\0+$", "");
        if (!written.startsWith(LetterForm.BEGIN) && !LetterForm.BEGIN.startsWith(written)) {
            throw notLetters(file);
        }
        channel.truncate(begin);
        return begin;
    }

    private static boolean isLetter(String line) {
        try {
            return !Letter.parse(line).id().isEmpty();
        } catch (LetterException torn) {
            return false;
        }
    }

    private static LetterException notLetters(Path file) {
        return new LetterException(
                file + " ends in the middle of a line that is no letter; give letters a file of their own");
    }

    private static long beginOfLastLine(FileChannel channel, long size) throws IOException {
        for (long end = size; end > 0 && size - end <= LONGEST_LINE; ) {
            long from = Math.max(0, end - CHUNK);
            int lineFeed = read(channel, from, (int) (end - from)).lastIndexOf('\n');
            if (lineFeed >= 0) {
                return from + lineFeed + 1;
            }
            end = from;
        }
        return 0;
    }

    private static String read(FileChannel channel, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
            // Goes on until all is read.
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    }
}
