package io.millrace.streamcore.api.shape;

import java.nio.ByteBuffer;

/**
 * Walks over the items of one CBOR body (RFC 8949) and looks at its texts, passing over all else by its length. Belongs to the thread
 * that reads; made for one body.
 */
final class CborTexts {
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int LIST = 4;
    private static final int MAP = 5;
    private static final int TAG = 6;
    private static final int UNTIL_BREAK = 31;
    private static final int BREAK = 0xff;
    /** Deeper than the parser goes. */
    private static final int MAX_DEPTH = 100;

    private final byte[] bytes;
    private final int end;
    private int at;

    private CborTexts(ByteBuffer body) {
        this.bytes = body.array();
        this.at = body.arrayOffset() + body.position();
        this.end = body.arrayOffset() + body.limit();
    }

    /**
     * True if each text of {@code body} is UTF-8, and each piece of one that comes in pieces. False as well if the body cannot be
     * walked over, since its texts are then unknown.
     */
    static boolean areWellFormed(ByteBuffer body) {
        CborTexts texts = new CborTexts(body);
        return texts.passItem(0, false) && texts.at == texts.end;
    }

    /** Passes over one item; a name of a map may be a byte string, and the parser takes it for a text. */
    private boolean passItem(int depth, boolean isName) {
        if (at >= end || depth > MAX_DEPTH) {
            return false;
        }
        int head = bytes[at++] & 0xff;
        int kind = head >> 5;
        int info = head & 0x1f;
        if (info == UNTIL_BREAK) {
            return passUntilBreak(kind, depth, isName);
        }
        long value = argument(info);
        if (value < 0) {
            return false;
        }
        return switch (kind) {
            case BYTES -> passString(value, isName);
            case TEXT -> passString(value, true);
            case LIST -> passItems(value, depth, false);
            case MAP -> passItems(value, depth, true);
            case TAG -> passItem(depth + 1, isName);
            default -> true;
        };
    }

    /** The number that follows a head; -1 if there is none, or one that no body is long enough for. */
    private long argument(int info) {
        if (info < 24) {
            return info;
        }
        int length = 1 << (info - 24);
        if (info > 27 || length > end - at) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            value = value << 8 | (bytes[at++] & 0xff);
        }
        return value & Long.MAX_VALUE;
    }

    private boolean passString(long length, boolean isText) {
        if (length > end - at) {
            return false;
        }
        int from = at;
        at += (int) length;
        return !isText || Utf8.isWellFormed(bytes, from, at);
    }

    private boolean passItems(long count, int depth, boolean isMap) {
        for (long i = 0; i < count; i++) {
            if (!passItem(depth + 1, isMap) || (isMap && !passItem(depth + 1, false))) {
                return false;
            }
        }
        return true;
    }

    private boolean passUntilBreak(int kind, int depth, boolean isName) {
        if (kind != BYTES && kind != TEXT && kind != LIST && kind != MAP) {
            return false;
        }
        boolean isItems = kind == LIST || kind == MAP;
        while (at < end && (bytes[at] & 0xff) != BREAK) {
            boolean isPassed = isItems ? passItems(1, depth, kind == MAP) : passPiece(kind, isName);
            if (!isPassed) {
                return false;
            }
        }
        return at++ < end;
    }

    private boolean passPiece(int kind, boolean isName) {
        int head = bytes[at++] & 0xff;
        long length = argument(head & 0x1f);
        return head >> 5 == kind && length >= 0 && passString(length, isName || kind == TEXT);
    }
}
