package io.millrace.streamcore.stream.scale;

/**
 * What was put into a shard.
 *
 * @param records how many records
 * @param bytes how many bytes, keys included
 */
public record ShardLoad(long records, long bytes) {
    /** Nothing. */
    public static final ShardLoad NONE = new ShardLoad(0, 0);
}
