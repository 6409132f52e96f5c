package io.millrace.lease.coordinator;

import io.millrace.lease.LeaseException;
import io.millrace.lease.ShardDirectory.StreamIdentity;
import io.millrace.model.StreamName;

/** The stream is another one than the application's leases are about. */
public final class StreamReplacedException extends LeaseException {
    private static final long serialVersionUID = 1L;

    StreamReplacedException(StreamName name, StreamIdentity known, StreamIdentity found) {
        super("stream " + name + " is not the one this application has read: its leases are about " + text(known)
                + ", the stream there now is " + text(found)
                + "; consume it under another application name, or start anew with"
                + " `millrace leases delete APP --stream " + name + "`, once its workers are stopped");
    }

    private static String text(StreamIdentity identity) {
        return identity.arn() + " created " + identity.created();
    }
}
