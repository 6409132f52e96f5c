package io.millrace.streamcore.stream.watch;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.Ticker;
import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.stream.quota.Quotas;

/**
 * What streams share with the rooms around them.
 *
 * @param quotas which limits hold for which stream; the streams tell it of streams that go
 * @param probes hear what happens in streams
 * @param storage hears what the storage does
 */
public record StreamsContext(Quotas quotas, StreamProbe.Source probes, LogProbe storage) {
    /** Checks the parts. */
    public StreamsContext {
        requireNonNull(quotas, "quotas");
        requireNonNull(probes, "probes");
        requireNonNull(storage, "storage");
    }

    /** No limits, and nobody who hears. */
    public static StreamsContext plain(Ticker ticker) {
        return new StreamsContext(Quotas.off(ticker), StreamProbe.Source.NONE, LogProbe.NONE);
    }
}
