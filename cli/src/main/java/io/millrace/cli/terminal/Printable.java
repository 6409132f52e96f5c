package io.millrace.cli.terminal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Text that is safe to show on a terminal, whoever wrote it: control characters, which move the cursor, set the clipboard
 * or answer as if typed, and characters that turn the direction of writing stand as <code>&#92;u001b</code>, as in JSON.
 * Line feeds and tabs stay. Stateless.
 */
final class Printable {
    private static final int DELETE = 0x7f;
    private static final int END_OF_C1 = 0x9f;
    private static final int MOST_BYTES = 4;

    private Printable() {}

    /** The text without what a terminal would obey. */
    static String of(String text) {
        if (text.codePoints().noneMatch(Printable::isObeyed)) {
            return text;
        }
        StringBuilder safe = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(character -> append(safe, character));
        return safe.toString();
    }

    /** The bytes as UTF-8 without what a terminal would obey; a byte that is no UTF-8 stands as {@code \xff}. */
    static byte[] of(byte[] bytes) {
        ByteArrayOutputStream safe = new ByteArrayOutputStream(bytes.length + 16);
        int next = 0;
        while (next < bytes.length) {
            int length = lengthOf(bytes, next);
            if (length == 0) {
                safe.writeBytes(
                        String.format(Locale.ROOT, "\\x%02x", bytes[next]).getBytes(StandardCharsets.US_ASCII));
                next++;
                continue;
            }
            StringBuilder character = new StringBuilder();
            append(character, new String(bytes, next, length, StandardCharsets.UTF_8).codePointAt(0));
            safe.writeBytes(character.toString().getBytes(StandardCharsets.UTF_8));
            next += length;
        }
        return safe.toByteArray();
    }

    private static void append(StringBuilder to, int character) {
        if (isObeyed(character)) {
            to.append("\\u");
            String digits = Integer.toHexString(character);
            to.append("0".repeat(Math.max(0, 4 - digits.length()))).append(digits);
        } else {
            to.appendCodePoint(character);
        }
    }

    private static boolean isObeyed(int character) {
        if (character < ' ') {
            return character != '\n' && character != '\t';
        }
        return (character >= DELETE && character <= END_OF_C1) || turnsDirection(character);
    }

    /** The embeddings, overrides, isolates and marks of Unicode's bidirectional algorithm, and its line separators. */
    private static boolean turnsDirection(int character) {
        return character == 0x061c
                || character == 0x200e
                || character == 0x200f
                || (character >= 0x2028 && character <= 0x202e)
                || (character >= 0x2066 && character <= 0x2069);
    }

    /** How many bytes the character has that begins there, 0 if none does. */
    private static int lengthOf(byte[] bytes, int from) {
        int first = bytes[from] & 0xff;
        int length = first < 0x80 ? 1 : first >= 0xf0 ? MOST_BYTES : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
        if (length <= 1 || from + length > bytes.length) {
            return length <= 1 ? length : 0;
        }
        try {
            var unused = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, from, length));
            return length;
        } catch (CharacterCodingException notUtf8) {
            return 0;
        }
    }
}
