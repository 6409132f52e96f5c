package io.millrace.streamcore.stream.watch;

import io.millrace.model.StreamName;

/**
 * Hears what happens in one stream. It is told on the paths that records take, so it only adds to counters: it must not
 * block, look things up or throw. Safe for any thread.
 */
public interface StreamProbe {
    /** Hears nothing. */
    StreamProbe NONE = new StreamProbe() {
        @Override
        public void stored(int records, long bytes) {}

        @Override
        public void refused(int records) {}

        @Override
        public void read(int records, long bytes, long millisBehindLatest) {}

        @Override
        public void readRefused() {}

        @Override
        public PipeProbe pipeOpened(String consumer) {
            return PipeProbe.NONE;
        }

        @Override
        public void consumerGone(String consumer) {}

        @Override
        public void close() {}
    };

    /** Records were stored and are acknowledged; {@code bytes} of data and partition keys. */
    void stored(int records, long bytes);

    /** Records were refused because a shard takes no more within its limits now. */
    void refused(int records);

    /** Somebody polled: what the answer held, and how far its end is behind the shard's tip. */
    void read(int records, long bytes, long millisBehindLatest);

    /** A poll was refused because a shard gives no more within its limits now. */
    void readRefused();

    /** A consumer opened a pipe to a shard. */
    PipeProbe pipeOpened(String consumer);

    /** A consumer was deregistered. */
    void consumerGone(String consumer);

    /** The stream is gone. */
    void close();

    /** Hears what goes through one pipe. Belongs to the pipe's thread. */
    interface PipeProbe {
        /** Hears nothing. */
        PipeProbe NONE = new PipeProbe() {
            @Override
            public void pushed(int records, long bytes, long millisBehindLatest) {}

            @Override
            public void close() {}
        };

        /** An event was handed to the connection: its records, and how far its end is behind the shard's tip. */
        void pushed(int records, long bytes, long millisBehindLatest);

        /** The pipe has ended. */
        void close();
    }

    /** Makes probes. Safe for any thread. */
    @FunctionalInterface
    interface Source {
        /** Those that hear nothing. */
        Source NONE = stream -> StreamProbe.NONE;

        /** The probe of a stream that was opened or made; it is closed when the stream goes. */
        StreamProbe open(StreamName stream);
    }
}
