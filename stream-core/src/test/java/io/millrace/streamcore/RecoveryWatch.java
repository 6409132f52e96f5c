package io.millrace.streamcore;

import io.millrace.streamcore.log.LogProbe;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Tells the server's own probe everything, and the test when nothing has failed any more. */
final class RecoveryWatch implements LogProbe {
    private final LogProbe probe;
    private final Runnable allRecovered;
    private final Set<String> failed = ConcurrentHashMap.newKeySet();

    RecoveryWatch(LogProbe probe, Runnable allRecovered) {
        this.probe = probe;
        this.allRecovered = allRecovered;
    }

    @Override
    public void appended(int appends, long nanos) {
        probe.appended(appends, nanos);
    }

    @Override
    public void synced(long nanos) {
        probe.synced(nanos);
    }

    @Override
    public void readCached() {
        probe.readCached();
    }

    @Override
    public void readFromDisk() {
        probe.readFromDisk();
    }

    @Override
    public void failed(String name, String reason) {
        failed.add(name);
        probe.failed(name, reason);
    }

    @Override
    public void recovered(String name) {
        probe.recovered(name);
        if (failed.remove(name) && failed.isEmpty()) {
            allRecovered.run();
        }
    }
}
