package io.millrace.streamcore.stream.quota;

import java.util.Locale;

/**
 * Whether limits hold, and how tight they are.
 *
 * @param scale 0 when none holds, 1 for the service's own, anything else multiplies those
 */
public record QuotaMode(double scale) {
    /** No limits. */
    public static final QuotaMode OFF = new QuotaMode(0);

    /** The service's limits. */
    public static final QuotaMode AWS = new QuotaMode(1);

    private static final double LEAST = 0.001;
    private static final double MOST = 1000;

    /** Checks the range. */
    public QuotaMode {
        if (scale != 0 && !(scale >= LEAST && scale <= MOST)) {
            throw new IllegalArgumentException("not a scale of quotas (" + LEAST + " to 1000): " + scale);
        }
    }

    /**
     * Reads {@code off}, {@code aws}, or a number by which to multiply the service's limits, such as {@code 0.5}.
     *
     * @throws IllegalArgumentException if it is none of them, with a text for the user
     */
    public static QuotaMode parse(String text) {
        String word = text.trim().toLowerCase(Locale.ROOT);
        if (word.equals("off")) {
            return OFF;
        }
        if (word.equals("aws")) {
            return AWS;
        }
        try {
            double scale = Double.parseDouble(word);
            if (scale >= LEAST && scale <= MOST) {
                return new QuotaMode(scale);
            }
        } catch (NumberFormatException notANumber) {
            // Refused below.
        }
        throw new IllegalArgumentException("quotas are off, aws, or a number from " + LEAST
                + " to 1000 that multiplies the service's limits, not " + text);
    }

    /** True if limits hold. */
    public boolean isOn() {
        return scale > 0;
    }
}
