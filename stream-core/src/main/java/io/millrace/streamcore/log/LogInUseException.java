package io.millrace.streamcore.log;

import java.nio.file.Path;

/** Another server has the data directory open. */
public final class LogInUseException extends LogException {
    private static final long serialVersionUID = 1L;

    /** Somebody else holds this lock file. */
    public LogInUseException(Path lock) {
        super(
                "the data directory is in use by another server, which holds " + lock
                        + "; stop it or choose another directory",
                null);
    }
}
