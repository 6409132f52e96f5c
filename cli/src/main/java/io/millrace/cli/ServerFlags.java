package io.millrace.cli;

import io.millrace.cli.terminal.CommandFailure;
import io.millrace.streamcore.StreamServerException;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.stream.quota.QuotaMode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What {@code millrace server} refuses before it starts anything; every refusal names the flag. Stateless. */
final class ServerFlags {
    static final String PORT = "--port";
    static final String TLS_PORT = "--tls-port";
    static final String DYNAMODB_PORT = "--dynamodb-port";

    static final String OFF = "off";

    private ServerFlags() {}

    /** The port that a flag gives; empty for off. */
    static OptionalInt port(String flag, String text) {
        if (text.equals(OFF)) {
            return OptionalInt.empty();
        }
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65535) {
            throw CommandFailure.usage(flag + " is a port, 0 to 65535, or off, not " + text);
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    /** Refuses two flags with one port; 0, any free one, may be given often. */
    static void checkPortsDiffer(int port, OptionalInt tlsPort, OptionalInt dynamoDbPort) {
        Map<Integer, String> taken = new LinkedHashMap<>();
        checkFree(taken, PORT, OptionalInt.of(port));
        checkFree(taken, TLS_PORT, tlsPort);
        checkFree(taken, DYNAMODB_PORT, dynamoDbPort);
    }

    private static void checkFree(Map<Integer, String> taken, String flag, OptionalInt port) {
        if (port.isPresent() && port.getAsInt() != 0) {
            String other = taken.put(port.getAsInt(), flag);
            if (other != null) {
                throw CommandFailure.usage(other + " and " + flag + " are both " + port.getAsInt() + "; give two");
            }
        }
    }

    /** Refuses an address that others reach, unless that is wanted. A name nobody knows is left to the server. */
    static void checkHost(String host, boolean allowAnonymous) {
        try {
            if (!allowAnonymous && !InetAddress.getByName(host).isLoopbackAddress()) {
                throw CommandFailure.usage("--host " + host
                        + " can be reached from other machines, and nobody is checked: give --credentials FILE, or"
                        + " --allow-anonymous, or stay on 127.0.0.1");
            }
        } catch (UnknownHostException e) {
            // The server says so.
        }
    }

    /** Refuses a data folder that is a file, or lies in one. */
    static void checkData(Path folder) {
        for (Path path = folder; path != null; path = path.getParent()) {
            if (Files.exists(path)) {
                if (!Files.isDirectory(path)) {
                    throw CommandFailure.failed("--data " + path + " is a file; give a folder, or a name that is free");
                }
                return;
            }
        }
    }

    /** Names the flag whose port the server could not have; other failures stay what they are. */
    static RuntimeException named(StreamServerException error, int port, OptionalInt tlsPort) {
        String message = String.valueOf(error.getMessage());
        if (message.startsWith("Cannot listen on port " + port + " ")) {
            return CommandFailure.failed(PORT + ": " + message, error);
        }
        if (tlsPort.isPresent() && message.startsWith("Cannot listen on port " + tlsPort.getAsInt() + " ")) {
            return CommandFailure.failed(TLS_PORT + ": " + message, error);
        }
        return error;
    }

    /** One of a few words, in upper or lower case, which are listed in lower case where it is none. */
    private static <E extends Enum<E>> E oneOf(E[] values, String text) {
        return Stream.of(values)
                .filter(value -> value.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + text + "' is none of "
                        + Stream.of(values)
                                .map(value -> value.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }

    /** The values of {@code --fsync}. */
    static final class FsyncWords implements ITypeConverter<FsyncPolicy> {
        @Override
        public FsyncPolicy convert(String text) {
            return oneOf(FsyncPolicy.values(), text);
        }
    }

    /** The values of {@code --quotas}. */
    static final class QuotasWords implements ITypeConverter<QuotaMode> {
        @Override
        public QuotaMode convert(String text) {
            try {
                return QuotaMode.parse(text);
            } catch (IllegalArgumentException unreadable) {
                throw new TypeConversionException("'" + text + "' is none of off, aws, or a number such as 0.5");
            }
        }
    }

    /** Times such as {@code 500ms}, {@code 2s} and {@code 0}. */
    static final class TimeWords implements ITypeConverter<Duration> {
        private static final Pattern TIME = Pattern.compile("(\\d{1,7})(ms|s)|0");

        @Override
        public Duration convert(String text) {
            Matcher parts = TIME.matcher(text);
            if (!parts.matches()) {
                throw new TypeConversionException("'" + text + "' is no time such as 500ms, 2s or 0");
            }
            if (parts.group(1) == null) {
                return Duration.ZERO;
            }
            long count = Long.parseLong(parts.group(1));
            return parts.group(2).equals("s") ? Duration.ofSeconds(count) : Duration.ofMillis(count);
        }
    }

    /** The values of {@code --region}: anything that can stand in an ARN. */
    static final class RegionWords implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (!text.matches("[a-z0-9-]{1,40}")) {
                throw new TypeConversionException("'" + text + "' is no region such as us-east-1");
            }
            return text;
        }
    }

    /** The values of {@code --account}. */
    static final class AccountWords implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (!text.matches("[0-9]{12}")) {
                throw new TypeConversionException("'" + text + "' is no account: an account has twelve digits");
            }
            return text;
        }
    }

    /** How log lines look. */
    enum LogFormat {
        TEXT,
        JSON
    }

    /** The values of {@code --log-format}. */
    static final class LogFormatWords implements ITypeConverter<LogFormat> {
        @Override
        public LogFormat convert(String text) {
            return oneOf(LogFormat.values(), text);
        }
    }
}
