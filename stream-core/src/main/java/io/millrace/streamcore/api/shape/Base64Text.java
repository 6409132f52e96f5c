package io.millrace.streamcore.api.shape;

import io.millrace.model.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Base64 as the service reads it: the standard alphabet, padded, nothing else. */
final class Base64Text {
    private static final int MOST_ECHOED = 1024;

    private Base64Text() {}

    /**
     * Decodes the text that {@code buffer} holds in ASCII, straight into the array of the result.
     *
     * @throws BodyException with the service's text if it is not base64
     */
    static Bytes decode(ByteBuffer buffer) throws BodyException {
        byte[] text = buffer.array();
        int from = buffer.arrayOffset() + buffer.position();
        int length = buffer.remaining();
        if (length == 0) {
            return Bytes.empty();
        }
        if (length % 4 != 0) {
            throw bad(buffer, "Base64 encoded length is expected a multiple of 4 bytes but found: " + length);
        }
        if (!endsInZeroBits(text, from + length)) {
            Optional<Character> worse = firstBadCharacter(text, from, from + length);
            // The misspelling is the service's.
            throw bad(buffer, worse.map(Base64Text::invalid).orElse("Invalid last non-pad Base64 character dectected"));
        }
        try {
            return Bytes.wrap(Base64.getDecoder().decode(buffer.slice()).array());
        } catch (IllegalArgumentException notBase64) {
            throw bad(
                    buffer, invalid(firstBadCharacter(text, from, from + length).orElse('=')));
        }
    }

    private static String invalid(char character) {
        return "Invalid Base64 character: '" + character + "'";
    }

    /** With one or two pads the last character before them holds 2 or 4 bits that must be zero. */
    private static boolean endsInZeroBits(byte[] text, int end) {
        int pads = text[end - 1] != '=' ? 0 : text[end - 2] != '=' ? 1 : 2;
        int spareBits = pads == 0 ? 0 : pads == 1 ? 0b11 : 0b1111;
        int value = valueOf(text[end - 1 - pads]);
        return value < 0 || (value & spareBits) == 0;
    }

    private static Optional<Character> firstBadCharacter(byte[] text, int from, int end) {
        for (int i = from; i < end; i++) {
            boolean isPad = text[i] == '=' && (i == end - 1 || (i == end - 2 && text[end - 1] == '='));
            if (valueOf(text[i]) < 0 && !isPad) {
                return Optional.of((char) (text[i] & 0xff));
            }
        }
        return Optional.empty();
    }

    private static int valueOf(byte character) {
        if (character >= 'A' && character <= 'Z') {
            return character - 'A';
        }
        if (character >= 'a' && character <= 'z') {
            return character - 'a' + 26;
        }
        if (character >= '0' && character <= '9') {
            return character - '0' + 52;
        }
        return character == '+' ? 62 : character == '/' ? 63 : -1;
    }

    private static BodyException bad(ByteBuffer buffer, String why) {
        ByteBuffer shown = buffer.slice();
        boolean isWhole = shown.remaining() <= MOST_ECHOED;
        shown.limit(Math.min(shown.limit(), MOST_ECHOED));
        String text = StandardCharsets.UTF_8.decode(shown) + (isWhole ? "" : "...");
        return BodyException.mistyped("'" + text + "' can not be converted to a Blob: " + why);
    }
}
