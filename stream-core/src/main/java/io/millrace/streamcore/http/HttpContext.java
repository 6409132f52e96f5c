package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiHandler;
import io.millrace.streamcore.api.operate.MemoryShortage;

/**
 * What all connections of a server share.
 *
 * @param limits what a client may take
 * @param handler answers a request
 * @param refusals hears of what never becomes one
 * @param ticker measures how long clients take
 * @param drain whether the server is closing
 * @param load what waits in pushed bodies
 * @param memory what requests hold
 * @param shortage hears when the JVM has no memory left
 */
record HttpContext(
        HttpLimits limits,
        ApiHandler handler,
        Refusals refusals,
        Ticker ticker,
        Drain drain,
        PushLoad load,
        RequestMemory memory,
        MemoryShortage shortage) {
    HttpContext {
        requireNonNull(limits, "limits");
        requireNonNull(handler, "handler");
        requireNonNull(refusals, "refusals");
        requireNonNull(ticker, "ticker");
        requireNonNull(drain, "drain");
        requireNonNull(load, "load");
        requireNonNull(memory, "memory");
        requireNonNull(shortage, "shortage");
    }
}
