package io.millrace.streamcore.http;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.api.call.ApiAnswer;
import io.millrace.streamcore.api.call.ApiRequest;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What all connections of a server share.
 *
 * @param limits what a client may take
 * @param handler answers a request
 * @param refusals hears of what never becomes one
 * @param ticker measures how long clients take
 * @param drain whether the server is closing
 * @param load what waits in pushed bodies
 */
record HttpContext(
        HttpLimits limits,
        Function<ApiRequest, CompletableFuture<ApiAnswer>> handler,
        Refusals refusals,
        Ticker ticker,
        Drain drain,
        PushLoad load) {
    HttpContext {
        requireNonNull(limits, "limits");
        requireNonNull(handler, "handler");
        requireNonNull(refusals, "refusals");
        requireNonNull(ticker, "ticker");
        requireNonNull(drain, "drain");
        requireNonNull(load, "load");
    }
}
