package io.millrace.cli.terminal;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.profiles.Profile;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;

/**
 * An endpoint that is set for a service.
 *
 * @param origin where it is set
 * @param value the setting as it stands there
 */
record EndpointSetting(String origin, String value) {
    private static final String GLOBAL_VARIABLE = "AWS_ENDPOINT_URL";
    private static final String GLOBAL_PROPERTY = "aws.endpointUrl";

    /** Where an endpoint comes from that is set nowhere. */
    static final String DEFAULT = "the default";

    /** All that are set for a service, those of this service alone first. */
    static List<EndpointSetting> of(String service, Map<String, String> environment) {
        String variable = variable(service);
        String property = GLOBAL_PROPERTY
                + switch (service) {
                    case AwsAccess.DYNAMODB -> "DynamoDb";
                    case AwsAccess.SQS -> "Sqs";
                    default -> service;
                };
        return Stream.of(
                        setting("the system property " + property, System.getProperty(property)),
                        setting(variable, environment.get(variable)),
                        ofProfile(service),
                        setting("the system property " + GLOBAL_PROPERTY, System.getProperty(GLOBAL_PROPERTY)),
                        setting(GLOBAL_VARIABLE, environment.get(GLOBAL_VARIABLE)),
                        ofWholeProfile())
                .flatMap(Optional::stream)
                .toList();
    }

    /** Where {@code endpoint}, which the SDK chose for the service, is set. */
    static String origin(String service, URI endpoint, Map<String, String> environment) {
        return of(service, environment).stream()
                .filter(setting -> setting.value.equals(endpoint.toString()))
                .map(EndpointSetting::origin)
                .findFirst()
                .orElse("the AWS settings");
    }

    /** The variable that sets it for this service alone. */
    static String variable(String service) {
        return GLOBAL_VARIABLE + "_" + service.toUpperCase(Locale.ROOT);
    }

    /** Refuses text that is no address. */
    void check(String service) {
        String example = service.equals(AwsAccess.DYNAMODB) ? "http://127.0.0.1:8000" : "http://127.0.0.1:4567";
        if (!value.matches("(?i)[a-z][a-z0-9+.-]*://.*")) {
            throw CommandFailure.failed(
                    "the endpoint for " + service + " in " + origin + " lacks http:// in front: it is '" + value
                            + "', set it to http://" + (value.isEmpty() ? example.substring(7) : value));
        }
        try {
            URI uri = new URI(value);
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            if (uri.getHost() != null && (scheme.equals("http") || scheme.equals("https"))) {
                return;
            }
        } catch (URISyntaxException unreadable) {
            // Said below.
        }
        throw CommandFailure.failed("the endpoint for " + service + " in " + origin + " is no address like " + example
                + ": '" + value + "'");
    }

    private static Optional<EndpointSetting> setting(String origin, @Nullable String value) {
        return Optional.ofNullable(value).map(text -> new EndpointSetting(origin, text));
    }

    private static Optional<EndpointSetting> ofProfile(String service) {
        ProfileFile file = ProfileFile.defaultProfileFile();
        return profile(file)
                .flatMap(profile -> profile.property("services"))
                .flatMap(name -> file.getSection("services", name))
                .flatMap(section -> section.property(service.toLowerCase(Locale.ROOT) + ".endpoint_url"))
                .flatMap(value -> setting("the AWS profile " + profileName(), value));
    }

    private static Optional<EndpointSetting> ofWholeProfile() {
        return profile(ProfileFile.defaultProfileFile())
                .flatMap(profile -> profile.property("endpoint_url"))
                .flatMap(value -> setting("the AWS profile " + profileName(), value));
    }

    private static Optional<Profile> profile(ProfileFile file) {
        return file.profile(profileName());
    }

    private static String profileName() {
        return ProfileFileSystemSetting.AWS_PROFILE.getStringValueOrThrow();
    }
}
