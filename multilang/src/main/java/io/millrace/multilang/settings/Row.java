package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

/**
 * A key of the table.
 *
 * @param key the key as Amazon's daemon has it
 * @param use whether it has an effect here
 * @param form the texts that it takes
 * @param text what it means; why it has no effect; or the key that it stands for
 */
record Row(String key, Use use, Form form, String text) {
    Row {
        requireNonNull(key, "key");
        requireNonNull(use, "use");
        requireNonNull(form, "form");
        requireNonNull(text, "text");
    }

    /** Whether a key has an effect. */
    enum Use {
        /** It does what it says. */
        HONOURED,
        /** It is another key's name. */
        ALIAS,
        /** It has no effect, because what it is about is not here. */
        MEANINGLESS
    }
}
