package io.millrace.consumer;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What this machine calls itself, for people who read worker names. */
final class HostName {
    private HostName() {}

    static String get() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }
}
