package io.millrace.streamcore.stream;

import io.millrace.streamcore.stream.StreamException.Kind;
import io.millrace.streamcore.stream.quota.QuotaMode;
import io.millrace.streamcore.stream.quota.Quotas;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tag by which a stream's limits are set while the server runs: any client that can tag a stream can set it, and it
 * is kept where tags are kept. Stateless.
 */
final class QuotaTag {
    static final String KEY = "millrace:quotas";

    private static final Logger log = LoggerFactory.getLogger(QuotaTag.class);

    private QuotaTag() {}

    /** Refuses tags by which nothing can be set. */
    static void check(Map<String, String> tags) {
        String value = tags.get(KEY);
        if (value != null) {
            try {
                QuotaMode.parse(value);
            } catch (IllegalArgumentException unreadable) {
                throw new StreamException(Kind.INVALID_ARGUMENT, "Tag " + KEY + ": " + unreadable.getMessage() + ".");
            }
        }
    }

    /** Lets what a stream's tags say hold. */
    static void apply(StreamEntry entry, Quotas quotas) {
        String value = entry.options().tags().get(KEY);
        if (value == null) {
            quotas.unset(entry.name());
            return;
        }
        try {
            quotas.set(entry.name(), QuotaMode.parse(value));
        } catch (IllegalArgumentException unreadable) {
            log.warn("Stream {} keeps the server's quotas: its tag {} cannot be read", entry.name(), KEY);
            quotas.unset(entry.name());
        }
    }
}
