package io.millrace.streamcore.http;

import java.time.Duration;

/**
 * What a client may take.
 *
 * @param maxBodyBytes the longest request body, before and after it is unpacked; above it the answer is 413
 * @param maxHeaders header fields in one request; above it the answer is 431, as above 32 KiB of them
 * @param maxConnections connections at a time; further ones are closed at once
 * @param maxConnectionsPerSource the same for one address, or one /64 network of IPv6
 * @param maxStreams requests at a time on one HTTP/2 connection
 * @param idle how long a connection may wait for its next request to begin
 * @param header how long the header of a request may take to arrive once its first byte is there
 * @param request how long a request may take to arrive once its header is there
 * @param write how long a client may take to accept an answer
 * @param drain how long a closing server waits for requests in hand
 * @param memory how many bytes the requests of the whole server may hold at a time; above it the answer is 503. As many bytes
 *     of answers may wait for their clients
 * @param memoryOfStrangers how many of them connections may hold on which no call has succeeded yet; as many as {@code
 *     memory} where that makes no difference
 */
public record HttpLimits(
        int maxBodyBytes,
        int maxHeaders,
        int maxConnections,
        int maxConnectionsPerSource,
        int maxStreams,
        Duration idle,
        Duration header,
        Duration request,
        Duration write,
        Duration drain,
        long memory,
        long memoryOfStrangers) {
    /** A quarter of the heap. */
    private static final long DEFAULT_MEMORY = Runtime.getRuntime().maxMemory() / 4;

    /**
     * 16 MiB of body (10 MiB of data are 14 MiB in base64), 200 header fields, 10,000 connections, 5,000 from one source,
     * 2,048 streams; 5 minutes idle, 10 seconds to send a header, 60 to send a request or to take an answer, 10 to drain;
     * a quarter of the heap.
     */
    public static final HttpLimits DEFAULT = new HttpLimits(
            16 << 20,
            200,
            10_000,
            5_000,
            2048,
            Duration.ofMinutes(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(10));

    /** The same with a quarter of the heap for requests. */
    public HttpLimits(
            int maxBodyBytes,
            int maxHeaders,
            int maxConnections,
            int maxConnectionsPerSource,
            int maxStreams,
            Duration idle,
            Duration header,
            Duration request,
            Duration write,
            Duration drain) {
        this(
                maxBodyBytes,
                maxHeaders,
                maxConnections,
                maxConnectionsPerSource,
                maxStreams,
                idle,
                header,
                request,
                write,
                drain,
                DEFAULT_MEMORY,
                DEFAULT_MEMORY);
    }

    /** The same limits with so many bytes for requests, strangers' included. */
    public HttpLimits withMemory(long bytes) {
        return withMemory(bytes, bytes);
    }

    /** The same limits with half of the memory for strangers. */
    public HttpLimits withHalfForStrangers() {
        return withMemory(memory, Math.max(1, memory / 2));
    }

    private HttpLimits withMemory(long bytes, long ofStrangers) {
        return new HttpLimits(
                maxBodyBytes,
                maxHeaders,
                maxConnections,
                maxConnectionsPerSource,
                maxStreams,
                idle,
                header,
                request,
                write,
                drain,
                bytes,
                ofStrangers);
    }

    /** Checks that every limit lets something through. */
    public HttpLimits {
        if (memoryOfStrangers < 1 || memoryOfStrangers > memory) {
            throw new IllegalArgumentException(
                    "strangers may hold at least 1 byte and at most all of " + memory + ": " + memoryOfStrangers);
        }
        if (maxBodyBytes < 1 || maxHeaders < 1 || maxConnections < 1 || maxConnectionsPerSource < 1 || maxStreams < 1) {
            throw new IllegalArgumentException("every limit must be at least 1");
        }
        for (Duration duration : new Duration[] {idle, header, request, write}) {
            if (duration.isZero() || duration.isNegative()) {
                throw new IllegalArgumentException("every time limit must be above zero");
            }
        }
        if (drain.isNegative()) {
            throw new IllegalArgumentException("the drain time must not be negative: " + drain);
        }
    }
}
