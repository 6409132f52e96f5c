package io.millrace.consumer.mapping;

import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import java.util.List;

/** Sends a document for all records that are given up together. Safe for any thread. */
final class DocumentSink implements LetterSink {
    private final FunctionNames names;
    private final Destination destination;

    DocumentSink(FunctionNames names, Destination destination) {
        this.names = names;
        this.destination = destination;
    }

    /** Keeps documents. */
    interface Destination extends AutoCloseable {
        /** Stores a document durably, on a thread that may block. */
        void put(FailureDocument document) throws Exception;

        @Override
        default void close() {}
    }

    @Override
    public void write(List<Letter> letters) throws Exception {
        write(letters, Reason.FAILED);
    }

    @Override
    public void write(List<Letter> letters, Reason reason) throws Exception {
        if (!letters.isEmpty()) {
            destination.put(FailureDocument.of(letters, reason, names));
        }
    }

    @Override
    public void close() {
        destination.close();
    }

    @Override
    public String toString() {
        return destination.toString();
    }
}
