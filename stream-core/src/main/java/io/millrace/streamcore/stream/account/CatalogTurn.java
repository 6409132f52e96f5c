package io.millrace.streamcore.stream.account;

import static java.util.Objects.requireNonNull;

import io.millrace.runtime.EventLoop;
import io.millrace.runtime.Platform;

/**
 * What the catalogs of one storage share: the loop of their changes, and the creation times of their streams, of which no
 * two are the same. So a cursor or a token fits one stream only, even where accounts have streams of one name.
 *
 * <p>Creation times belong to the loop.
 */
public final class CatalogTurn {
    private final EventLoop loop;
    private long lastCreatedMillis;

    private CatalogTurn(EventLoop loop) {
        this.loop = requireNonNull(loop, "loop");
    }

    /** A loop of its own, and no stream yet. */
    public static CatalogTurn on(Platform platform) {
        return new CatalogTurn(platform.newEventLoop("stream-catalog"));
    }

    /** Where all changes of catalogs are made. */
    public EventLoop loop() {
        return loop;
    }

    /** A stream that was made at this time is there. */
    public void note(long createdMillis) {
        lastCreatedMillis = Math.max(lastCreatedMillis, createdMillis);
    }

    /** The creation time of a stream that is made now: later than that of every other stream. */
    public long nextCreatedMillis(long nowMillis) {
        lastCreatedMillis = Math.max(nowMillis, lastCreatedMillis + 1);
        return lastCreatedMillis;
    }
}
