package io.millrace.streamcore.api.policy;

import static java.util.Objects.requireNonNull;

/**
 * A text in which {@code *} stands for any characters, none included, and {@code ?} for exactly one; all others stand for
 * themselves.
 *
 * @param pattern the text
 */
public record Wildcard(String pattern) {
    /** Checks that there is a text. */
    public Wildcard {
        requireNonNull(pattern, "pattern");
    }

    /** True when it matches whatever there is. */
    public boolean matchesEverything() {
        return pattern.equals("*");
    }

    /** True when {@code text} as a whole matches. Takes at most the product of both lengths, whatever the pattern. */
    public boolean matches(String text) {
        int inPattern = 0;
        int inText = 0;
        int lastStar = -1;
        int starMatchedTo = 0;
        while (inText < text.length()) {
            char wanted = inPattern < pattern.length() ? pattern.charAt(inPattern) : 0;
            if (wanted == '*') {
                lastStar = inPattern++;
                starMatchedTo = inText;
            } else if (inPattern < pattern.length() && (wanted == '?' || wanted == text.charAt(inText))) {
                inPattern++;
                inText++;
            } else if (lastStar >= 0) {
                // The last star takes one character more, and the rest is tried again.
                inPattern = lastStar + 1;
                inText = ++starMatchedTo;
            } else {
                return false;
            }
        }
        while (inPattern < pattern.length() && pattern.charAt(inPattern) == '*') {
            inPattern++;
        }
        return inPattern == pattern.length();
    }
}
