package io.millrace.streamcore.log.disk;

import org.jspecify.annotations.Nullable;

/** What a frame of a file holds. */
enum FrameKind {
    /** One batch, as each was written once; still read. */
    RECORDS(1),
    /** The end of a shard. */
    SEAL(2),
    /** Where every shard stood when the segment began. */
    STATE(3),
    /** A change of the catalog. */
    CHANGE(4),
    /** The whole catalog. */
    CATALOG(5),
    /** The log was closed in good order: all before it is durable. */
    CLOSE(6),
    /** As {@link #STATE}, after the wrapped key with which the segment's records are encrypted. */
    SEALED_STATE(7),
    /** Batches of records that were appended together: see {@link BatchTable}. */
    BATCHES(8);

    private final int code;

    FrameKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static @Nullable FrameKind ofCode(int code) {
        return code >= 1 && code <= values().length ? values()[code - 1] : null;
    }
}
