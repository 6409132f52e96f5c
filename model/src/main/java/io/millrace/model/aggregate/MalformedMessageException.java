package io.millrace.model.aggregate;

/** The bytes are not such a message; costs no stack trace, since whoever puts records chooses the bytes. */
final class MalformedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedMessageException() {
        super("not a message of this form", null, false, false);
    }
}
