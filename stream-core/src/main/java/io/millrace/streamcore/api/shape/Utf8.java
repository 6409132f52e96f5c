package io.millrace.streamcore.api.shape;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Tells whether bytes are UTF-8 (RFC 3629). The parsers are lax: they take a character that is spelled with more bytes than it needs,
 * which whoever looked at the request before them has not seen. Stateless.
 */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final int STRIDE = 4 * Long.BYTES;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /** True if the bytes from {@code from} to before {@code to} are whole characters, each in its shortest form. */
    static boolean isWellFormed(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to) {
            if (bytes[at] >= 0) {
                at = afterAscii(bytes, at, to);
            } else {
                int length = lengthAt(bytes, at, to);
                if (length == 0) {
                    return false;
                }
                at += length;
            }
        }
        return true;
    }

    private static int afterAscii(byte[] bytes, int from, int to) {
        int at = from;
        while (at + STRIDE <= to
                && ((at(bytes, at) | at(bytes, at + 8) | at(bytes, at + 16) | at(bytes, at + 24)) & HIGH_BITS) == 0) {
            at += STRIDE;
        }
        while (at < to && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    private static long at(byte[] bytes, int index) {
        return (long) LONGS.get(bytes, index);
    }

    /** The length of the character of several bytes that begins here; 0 if none does. */
    private static int lengthAt(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xff;
        int length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
        if (length == 0 || at + length > to) {
            return 0;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        int second = bytes[at + 1] & 0xff;
        boolean isNone = switch (lead) {
            case 0xe0 -> second < 0xa0; // Two bytes would do.
            case 0xed -> second >= 0xa0; // Half of a surrogate pair.
            case 0xf0 -> second < 0x90; // Three bytes would do.
            case 0xf4 -> second >= 0x90; // Beyond the last character.
            default -> false;
        };
        return isNone ? 0 : length;
    }
}
