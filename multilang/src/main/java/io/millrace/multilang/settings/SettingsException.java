package io.millrace.multilang.settings;

/** The settings are wrong; the message is one line that names the key, where it stands, and what to do. */
public final class SettingsException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A mistake of this description. */
    public SettingsException(String message) {
        super(message);
    }
}
