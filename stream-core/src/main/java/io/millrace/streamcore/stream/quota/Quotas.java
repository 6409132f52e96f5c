package io.millrace.streamcore.stream.quota;

import static java.util.Objects.requireNonNull;

import io.millrace.model.StreamName;
import io.millrace.runtime.Ticker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which limits hold for which stream: the server's, unless the stream has a setting of its own. Asking costs one read of
 * a field while no limits hold anywhere. Safe for any thread; settings are changed by one at a time, the catalog's loop.
 */
public final class Quotas {
    /**
     * The tag by which a stream's limits are set while the server runs: any client that can tag a stream can set it, and
     * it is kept where tags are kept.
     */
    public static final String TAG = "millrace:quotas";

    private static final Logger log = LoggerFactory.getLogger(Quotas.class);

    private final QuotaMode ofServer;
    private final Ticker ticker;
    private final ConcurrentMap<StreamName, QuotaMode> settings = new ConcurrentHashMap<>();
    private final ConcurrentMap<StreamName, StreamQuota> quotas = new ConcurrentHashMap<>();
    private volatile boolean isOn;

    /** Quotas of a server, for streams without a setting of their own. */
    public Quotas(QuotaMode ofServer, Ticker ticker) {
        this.ofServer = requireNonNull(ofServer, "ofServer");
        this.ticker = requireNonNull(ticker, "ticker");
        this.isOn = ofServer.isOn();
    }

    /** No limits for any stream, until one gets some. */
    public static Quotas off(Ticker ticker) {
        return new Quotas(QuotaMode.OFF, ticker);
    }

    /** What holds for the account as a whole: its calls that change or describe streams. */
    public QuotaMode ofServer() {
        return ofServer;
    }

    /** A bucket for calls of the account, filled with {@code perSecond} as the server's scale multiplies it. */
    public TokenBucket bucketOfAccount(int perSecond) {
        // A rate below one a second still lets a call through now and then: a full bucket gives more than it holds.
        return new TokenBucket(ofServer.scale() * perSecond, ticker);
    }

    /** The limits of a stream, or null when none hold for it. */
    public @Nullable StreamQuota of(StreamName stream) {
        return isOn ? find(stream) : null;
    }

    /** The pace of a new pipe of a stream. */
    public Pace pace(StreamName stream) {
        return new Pace(() -> mode(stream), ticker);
    }

    /**
     * Refuses tags by which no limits can be set.
     *
     * @throws IllegalArgumentException with a text for the user
     */
    public static void check(Map<String, String> tags) {
        String value = tags.get(TAG);
        if (value != null) {
            try {
                QuotaMode.parse(value);
            } catch (IllegalArgumentException unreadable) {
                throw new IllegalArgumentException("Tag " + TAG + ": " + unreadable.getMessage() + ".", unreadable);
            }
        }
    }

    /** What the tags of a stream say about limits holds from now on. */
    public void follow(StreamName stream, Map<String, String> tags) {
        String value = tags.get(TAG);
        if (value == null) {
            unset(stream);
            return;
        }
        try {
            set(stream, QuotaMode.parse(value));
        } catch (IllegalArgumentException unreadable) {
            log.warn("Stream {} keeps the server's quotas: its tag {} cannot be read", stream, TAG);
            unset(stream);
        }
    }

    /** From now on a stream has this setting. What it used up under another one is forgotten. */
    void set(StreamName stream, QuotaMode mode) {
        if (!mode.equals(settings.put(stream, mode))) {
            quotas.remove(stream);
        }
        isOn = isOn || mode.isOn();
    }

    /** A stream has no setting of its own any more, if it had one. */
    void unset(StreamName stream) {
        if (settings.remove(stream) != null) {
            quotas.remove(stream);
            isOn = ofServer.isOn() || settings.values().stream().anyMatch(QuotaMode::isOn);
        }
    }

    /** A stream is gone. */
    public void clear(StreamName stream) {
        unset(stream);
        quotas.remove(stream);
    }

    private QuotaMode mode(StreamName stream) {
        return isOn ? settings.getOrDefault(stream, ofServer) : QuotaMode.OFF;
    }

    private @Nullable StreamQuota find(StreamName stream) {
        StreamQuota known = quotas.get(stream);
        if (known != null) {
            return known;
        }
        QuotaMode mode = mode(stream);
        return mode.isOn() ? quotas.computeIfAbsent(stream, name -> new StreamQuota(mode, ticker)) : null;
    }
}
