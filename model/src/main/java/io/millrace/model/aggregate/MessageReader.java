package io.millrace.model.aggregate;

/**
 * Reads one Protocol Buffers message, field by field, and nothing beyond its bytes. Holds no state but its place, so that what it
 * costs is bounded by the bytes. Groups, which the format has given up, are malformed. Belongs to one thread.
 */
final class MessageReader {
    private static final int NUMBER = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int BYTES = 2;
    private static final int FOUR_BYTES = 5;

    private final byte[] array;
    private final int end;
    private int position;
    private int field;
    private int type;

    /** Reads {@code array} from {@code begin} to before {@code end}. */
    MessageReader(byte[] array, int begin, int end) {
        this.array = array;
        this.position = begin;
        this.end = end;
    }

    int position() {
        return position;
    }

    int end() {
        return end;
    }

    /** Goes to the next field; false at the message's end. The value of the one before must have been read or skipped. */
    boolean next() {
        if (position == end) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        type = (int) (tag & 7);
        if (tag >>> 32 != 0 || field == 0) {
            throw new MalformedMessageException();
        }
        return true;
    }

    /** The number of the field. */
    int field() {
        return field;
    }

    boolean isNumber() {
        return type == NUMBER;
    }

    boolean isBytes() {
        return type == BYTES;
    }

    /** The number that the field holds, of 64 bits without a sign. */
    long number() {
        return varint();
    }

    /** The bytes that the field holds, as a message of their own. */
    MessageReader bytes() {
        int length = lengthOf(varint());
        MessageReader inner = new MessageReader(array, position, position + length);
        position += length;
        return inner;
    }

    void skip() {
        switch (type) {
            case NUMBER -> varint();
            case EIGHT_BYTES -> position += lengthOf(8);
            case BYTES -> {
                long length = varint();
                position += lengthOf(length);
            }
            case FOUR_BYTES -> position += lengthOf(4);
            default -> throw new MalformedMessageException();
        }
    }

    /** The length, if there are so many bytes left. */
    private int lengthOf(long bytes) {
        if (bytes < 0 || bytes > end - position) {
            throw new MalformedMessageException();
        }
        return (int) bytes;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE && position < end; shift += 7) {
            byte next = array[position++];
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new MalformedMessageException();
    }
}
