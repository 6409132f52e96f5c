package io.millrace.streamcore.log;

/**
 * What of a shard is readable at one moment.
 *
 * @param first the index of the oldest record still kept; {@code end} if there is none
 * @param end the index after the newest readable record
 * @param lastTimeMillis when the newest record was appended, in ms since the epoch, 0 if there never was one
 * @param sealed true when {@code end} is final
 */
public record ShardBounds(long first, long end, long lastTimeMillis, boolean sealed) {}
