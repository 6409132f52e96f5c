package io.millrace.streamcore.http;

import io.netty.channel.ChannelOutboundInvoker;

/** Ends connections and streams. */
final class Ends {
    private Ends() {}

    /** Closes {@code target}; nobody waits for it, and nothing can be done if it fails. */
    static void close(ChannelOutboundInvoker target) {
        var unused = target.close();
    }
}
