package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The names that clients may know this server by: {@code localhost}, names below it, every address, Docker's name for the machine of a
 * container, and those it is told. A web page
 * whose own name points at this machine (DNS rebinding) sends that name. Safe for any thread.
 */
final class HostNames {
    private static final String DOCKER = "host.docker.internal";

    private static final Pattern PORT = Pattern.compile(":\\d{0,5}");
    private static final Pattern ADDRESS_4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern ADDRESS_6 = Pattern.compile("[0-9a-fA-F:.]+");
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?");

    private final Set<String> names;
    /** Most requests of a server come with one and the same. */
    private volatile String lastKnown = "localhost";

    HostNames(Collection<String> names) {
        this.names = names.stream().map(HostNames::plain).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Checks a name.
     *
     * @throws IllegalArgumentException with a text for the user if {@code name} cannot be one
     */
    static String checked(String name) {
        if (!NAME.matcher(plain(requireNonNull(name, "name"))).matches()) {
            throw new IllegalArgumentException("not a host name: " + name + " (give it without http:// and port)");
        }
        return name;
    }

    /** True if {@code host} is one of the names, with or without a port, as in the header Host (RFC 9110, 7.2). */
    boolean isKnown(String host) {
        if (host.equals(lastKnown)) {
            return true;
        }
        boolean isKnown = isKnownName(withoutPort(host));
        if (isKnown) {
            lastKnown = host;
        }
        return isKnown;
    }

    private boolean isKnownName(String host) {
        String name = plain(host);
        return isLocalhost(name) || isAddress(name) || name.equals(DOCKER) || names.contains(name);
    }

    /** True for {@code localhost} and the names below it, which no resolver may send elsewhere (RFC 6761, 6.3). */
    static boolean isLocalhost(String name) {
        return name.equals("localhost") || name.endsWith(".localhost");
    }

    private static boolean isAddress(String name) {
        return ADDRESS_4.matcher(name).matches()
                || (name.startsWith("[")
                        && name.endsWith("]")
                        && ADDRESS_6
                                .matcher(name.substring(1, name.length() - 1))
                                .matches());
    }

    /** {@code host} without the port at its end. */
    static String withoutPort(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        boolean hasPort = end > 0 && PORT.matcher(host.substring(end)).matches();
        return hasPort ? host.substring(0, end) : host;
    }

    private static String plain(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
