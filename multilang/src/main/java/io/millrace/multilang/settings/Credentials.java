package io.millrace.multilang.settings;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One provider of credentials, as {@code AwsCredentialsProvider} names it: {@code Name|argument|key=value}. Several with commas
 * between them are tried in order.
 *
 * @param kind where credentials come from
 * @param arguments the arguments without a key: a profile, or a role's ARN and a session's name
 * @param keys the arguments with a key
 */
public record Credentials(Kind kind, List<String> arguments, Map<String, String> keys) {
    private static final Map<String, Kind> NAMES = names();

    /** Copies the collections. */
    public Credentials {
        requireNonNull(kind, "kind");
        arguments = List.copyOf(arguments);
        keys = Map.copyOf(keys);
    }

    /** Where credentials come from. */
    public enum Kind {
        /** The SDK's default chain. */
        DEFAULT(0, 0),
        /** A profile, of a name that may be given. */
        PROFILE(0, 1),
        /** Environment variables. */
        ENVIRONMENT(0, 0),
        /** System properties of the JVM. */
        SYSTEM_PROPERTY(0, 0),
        /** The container's own service. */
        CONTAINER(0, 0),
        /** The machine's metadata service. */
        INSTANCE(0, 0),
        /** A file with a token. */
        WEB_IDENTITY(0, 0),
        /** None at all: requests are not signed. */
        ANONYMOUS(0, 0),
        /** A role, of an ARN, and a session of a name. */
        ASSUME_ROLE(2, 2);

        private final int least;
        private final int most;

        Kind(int least, int most) {
            this.least = least;
            this.most = most;
        }
    }

    /** The region of the service that gives out a role's credentials. */
    public static final String ENDPOINT_REGION = "endpointRegion";

    /** The address of the service that gives out a role's credentials, {@code ^} and its region. */
    public static final String ENDPOINT = "endpoint";

    /** The external id that a role asks for. */
    public static final String EXTERNAL_ID = "externalId";

    /**
     * Reads the value of a setting.
     *
     * @throws SettingsException if a provider is not known, or its arguments do not fit
     */
    static List<Credentials> parse(Setting setting) {
        List<Credentials> chain = new ArrayList<>();
        for (String provider : setting.value().split(",", -1)) {
            chain.add(one(provider.strip(), setting));
        }
        return List.copyOf(chain);
    }

    /**
     * Reads the values of two settings.
     *
     * @param profile the provider's argument; absent if it has none
     * @throws SettingsException if the provider is not known, or it takes no such argument
     */
    static List<Credentials> parse(Setting provider, Optional<Setting> profile) {
        String name = provider.value();
        if (name.matches(".*[|,].*")) {
            throw wrong(provider, "names one class of the SDK, such as ProfileCredentialsProvider, not '" + name + "'");
        }
        return List.of(profile.map(argument -> one(name + "|" + argument.value(), profile.get()))
                .orElseGet(() -> one(name, provider)));
    }

    private static Credentials one(String text, Setting setting) {
        String[] parts = text.split("\\|", -1);
        String name = parts[0].strip();
        Kind kind = NAMES.get(simple(name));
        if (kind == null) {
            throw wrong(setting, "names no provider of credentials that is known here: '" + name + "'" + advice(name));
        }
        List<String> arguments = new ArrayList<>();
        Map<String, String> keys = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i].strip();
            int equals = part.indexOf('=');
            if (equals > 0) {
                keys.put(
                        part.substring(0, equals).strip(),
                        part.substring(equals + 1).strip());
            } else if (!part.isEmpty()) {
                arguments.add(part);
            }
        }
        check(kind, name, arguments, keys).ifPresent(complaint -> {
            throw wrong(setting, complaint);
        });
        return new Credentials(kind, arguments, keys);
    }

    private static Optional<String> check(Kind kind, String name, List<String> arguments, Map<String, String> keys) {
        if (arguments.size() < kind.least || arguments.size() > kind.most) {
            return Optional.of(
                    switch (kind) {
                        case ASSUME_ROLE -> name + " takes a role's ARN and a session's name: " + name + "|ARN|SESSION";
                        case PROFILE -> name + " takes the name of one profile: " + name + "|PROFILE";
                        default -> name + " takes no arguments";
                    });
        }
        for (String key : keys.keySet()) {
            if (kind != Kind.ASSUME_ROLE
                    || !List.of(ENDPOINT_REGION, ENDPOINT, EXTERNAL_ID).contains(key)) {
                return Optional.of(name + " has no key '" + key + "'");
            }
        }
        return Optional.empty();
    }

    private static String advice(String name) {
        return name.toLowerCase(Locale.ROOT).contains("static")
                        || name.toLowerCase(Locale.ROOT).contains("basic")
                ? "; put keys into a profile or into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                : "; write DefaultCredentialsProvider, or see docs/multilang.md for the others";
    }

    private static SettingsException wrong(Setting setting, String complaint) {
        return new SettingsException(setting.origin() + ": " + setting.key() + " " + complaint);
    }

    private static String simple(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** The value of one key, if it is given. */
    public @Nullable String key(String name) {
        return keys.get(name);
    }

    private static Map<String, Kind> names() {
        Map<String, Kind> names = new LinkedHashMap<>();
        names.put("DefaultCredentialsProvider", Kind.DEFAULT);
        names.put("ProfileCredentialsProvider", Kind.PROFILE);
        names.put("EnvironmentVariableCredentialsProvider", Kind.ENVIRONMENT);
        names.put("SystemPropertyCredentialsProvider", Kind.SYSTEM_PROPERTY);
        names.put("ContainerCredentialsProvider", Kind.CONTAINER);
        names.put("InstanceProfileCredentialsProvider", Kind.INSTANCE);
        names.put("WebIdentityTokenFileCredentialsProvider", Kind.WEB_IDENTITY);
        names.put("AnonymousCredentialsProvider", Kind.ANONYMOUS);
        names.put("StsAssumeRoleCredentialsProvider", Kind.ASSUME_ROLE);
        names.put("KclStsAssumeRoleCredentialsProvider", Kind.ASSUME_ROLE);
        // Those of the SDK for Java 1.x, as older files have them.
        names.put("DefaultAWSCredentialsProviderChain", Kind.DEFAULT);
        names.put("SystemPropertiesCredentialsProvider", Kind.SYSTEM_PROPERTY);
        names.put("EC2ContainerCredentialsProviderWrapper", Kind.CONTAINER);
        names.put("ContainerCredentialsProviderWrapper", Kind.CONTAINER);
        names.put("WebIdentityTokenCredentialsProvider", Kind.WEB_IDENTITY);
        names.put("AnonymousAWSCredentials", Kind.ANONYMOUS);
        names.put("STSAssumeRoleSessionCredentialsProvider", Kind.ASSUME_ROLE);
        names.put("KclSTSAssumeRoleSessionCredentialsProvider", Kind.ASSUME_ROLE);
        return names;
    }
}
