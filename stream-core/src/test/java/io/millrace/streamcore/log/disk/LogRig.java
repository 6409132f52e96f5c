package io.millrace.streamcore.log.disk;

import io.millrace.streamcore.log.LogProbe;
import io.millrace.streamcore.log.LogSettings;
import java.nio.file.Path;

/** An engine on a disk in memory, in virtual time. */
final class LogRig extends EngineRig {
    static final Path DATA = Path.of("data");
    static final Path FIRST_SEGMENT = DATA.resolve("streams").resolve(NAME).resolve("000000000001.log");

    final FaultyFiles files;

    LogRig(FaultyFiles files, LogSettings settings, long seed) {
        this(files, settings, LogProbe.NONE, seed);
    }

    LogRig(FaultyFiles files, LogSettings settings, LogProbe probe, long seed) {
        super(files, DATA, settings, probe, seed);
        this.files = files;
    }

    LogRig(FaultyFiles files) {
        this(files, LogSettings.DEFAULTS, 1);
    }
}
