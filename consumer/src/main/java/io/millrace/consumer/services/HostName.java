package io.millrace.consumer.services;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The name of this machine, for people who read worker names. Stateless. */
public final class HostName {
    private HostName() {}

    /** The machine's name; {@code localhost} where it has none. */
    public static String get() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }
}
