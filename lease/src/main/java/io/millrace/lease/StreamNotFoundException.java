package io.millrace.lease;

import io.millrace.model.StreamName;

/** There is no stream of this name. */
public final class StreamNotFoundException extends LeaseException {
    private static final long serialVersionUID = 1L;

    /** There is no stream {@code name}. */
    public StreamNotFoundException(StreamName name) {
        super("stream " + name + " does not exist; create it, or check the name, the region and the endpoint");
    }
}
