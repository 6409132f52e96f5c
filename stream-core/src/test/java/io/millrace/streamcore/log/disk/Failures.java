package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.LogProbe;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Remembers what has failed and is not well again, as a server's health does. */
final class Failures implements LogProbe {
    private final Map<String, String> failed = new ConcurrentSkipListMap<>();

    /** The reasons by the names of logs. */
    Map<String, String> now() {
        return failed;
    }

    @Override
    public void appended(int appends, long nanos) {}

    @Override
    public void synced(long nanos) {}

    @Override
    public void readCached() {}

    @Override
    public void readFromDisk() {}

    @Override
    public void failed(String name, String reason) {
        failed.put(name, reason);
    }

    @Override
    public void recovered(String name) {
        failed.remove(name);
    }
}
