package io.millrace.multilang.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Splits {@code executableName} into words. */
final class CommandWords {
    private CommandWords() {}

    /**
     * The words. A text without quotes is split at spaces, as Amazon's daemon does. With quotes, what stands within single or double
     * ones belongs together; within double ones a backslash takes the meaning of a quote or a backslash away.
     *
     * @throws IllegalArgumentException if a quote is not closed, or there is no word
     */
    static List<String> split(String text) {
        boolean isQuoted = text.indexOf('"') >= 0 || text.indexOf('\'') >= 0;
        List<String> words = isQuoted
                ? quoted(text)
                : Arrays.stream(text.strip().split(" +", -1))
                        .filter(word -> !word.isEmpty())
                        .toList();
        if (words.isEmpty() || words.get(0).isEmpty()) {
            throw new IllegalArgumentException("it names no program");
        }
        return words;
    }

    private static List<String> quoted(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean hasWord = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char next = text.charAt(i);
            if (quote == 0 && next == ' ') {
                if (hasWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    hasWord = false;
                }
                continue;
            }
            hasWord = true;
            if (quote == 0 && (next == '"' || next == '\'')) {
                quote = next;
            } else if (next == quote && quote != 0) {
                quote = 0;
            } else if (quote == '"'
                    && next == '\\'
                    && i + 1 < text.length()
                    && (text.charAt(i + 1) == '"' || text.charAt(i + 1) == '\\')) {
                word.append(text.charAt(++i));
            } else {
                word.append(next);
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("a quote is not closed");
        }
        if (hasWord) {
            words.add(word.toString());
        }
        return words;
    }
}
