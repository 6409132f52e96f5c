package io.millrace.streamcore;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The origins of web pages that may use a server that verifies nobody: those of this machine, and those it is told. Immutable.
 */
final class WebOrigins {
    /** Every page of every site. */
    static final String ANY = "*";

    private static final Pattern ORIGIN = Pattern.compile("https?://(\\[[0-9a-f:.]+]|[a-z0-9_.-]+)(:\\d{1,5})?");
    private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}|\\[::1]");

    private final Set<String> allowed;

    WebOrigins(Collection<String> allowed) {
        this.allowed =
                allowed.stream().map(each -> each.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Checks an origin.
     *
     * @throws IllegalArgumentException with a text for the user if {@code origin} cannot be one
     */
    static String checked(String origin) {
        if (!origin.equals(ANY)
                && !ORIGIN.matcher(origin.toLowerCase(Locale.ROOT)).matches()) {
            throw new IllegalArgumentException("not an origin: " + origin + " (one looks like https://example.com or"
                    + " http://example.com:8080; * is every one)");
        }
        return origin;
    }

    /** True if pages of {@code origin}, as in the header Origin (RFC 6454, 7), may use the server. */
    boolean allows(String origin) {
        if (allowed.contains(ANY)) {
            return true;
        }
        String plain = origin.toLowerCase(Locale.ROOT);
        Matcher parts = ORIGIN.matcher(plain);
        return parts.matches() && (isOfThisMachine(parts.group(1)) || allowed.contains(plain));
    }

    private static boolean isOfThisMachine(String host) {
        return HostNames.isLocalhost(host) || LOOPBACK.matcher(host).matches();
    }
}
