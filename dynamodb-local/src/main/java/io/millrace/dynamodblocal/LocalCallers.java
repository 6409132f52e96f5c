package io.millrace.dynamodblocal;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells programs and web pages of this machine from other web pages. DynamoDB Local verifies nobody, and a page runs on the machine
 * of its reader. A browser tells the page's origin, and as the host the name that led it here. Pure functions.
 */
final class LocalCallers {
    /** The status of an answer to a page of another origin. */
    static final int FORBIDDEN = 403;

    /** The status of an answer to a request for another host. */
    static final int MISDIRECTED = 421;

    /** Docker calls the machine of a container by the last of the names. */
    private static final String NAME =
            "(localhost|[a-z0-9_.-]*\\.localhost|host\\.docker\\.internal|127(\\.\\d{1,3}){3}|\\[::1])\\.?(:\\d{1,5})?";

    private static final Pattern HOST = Pattern.compile(NAME);
    private static final Pattern ORIGIN = Pattern.compile("https?://" + NAME);

    private LocalCallers() {}

    /** The status of the refusal of a request with these headers, 0 if it is welcome. */
    static int refusal(@Nullable String host, @Nullable String origin) {
        if (host != null && !matches(HOST, host)) {
            return MISDIRECTED;
        }
        return origin == null || matches(ORIGIN, origin) ? 0 : FORBIDDEN;
    }

    private static boolean matches(Pattern pattern, String text) {
        return pattern.matcher(text.toLowerCase(Locale.ROOT)).matches();
    }
}
