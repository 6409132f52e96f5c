package io.millrace.streamcore.http;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the open connections of every source: an address, or the /64 network of an IPv6 address, since who has one such
 * address has them all. Safe for any thread.
 */
final class Sources {
    private static final int NETWORK_BYTES = 8;

    private final ConcurrentHashMap<InetAddress, Integer> open = new ConcurrentHashMap<>();

    /** Counts one more, and answers how many that makes. */
    int opened(InetAddress peer) {
        return open.merge(source(peer), 1, Integer::sum);
    }

    /** Counts one less. */
    void closed(InetAddress peer) {
        open.computeIfPresent(source(peer), (source, count) -> count == 1 ? null : count - 1);
    }

    private static InetAddress source(InetAddress peer) {
        if (!(peer instanceof Inet6Address)) {
            return peer;
        }
        byte[] network = peer.getAddress();
        Arrays.fill(network, NETWORK_BYTES, network.length, (byte) 0);
        try {
            return InetAddress.getByAddress(network);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException("an address of " + network.length + " bytes", impossible);
        }
    }
}
