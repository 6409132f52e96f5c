package io.millrace.cli.terminal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** What the SDK's chain of providers says when none of them has credentials, in words for a person. Pure functions. */
final class CredentialsTried {
    private static final Pattern PROVIDER = Pattern.compile("(?:^|, )(\\w+?)CredentialsProvider\\(");
    private static final Pattern PROFILE = Pattern.compile("profileName=([^,)]*)");
    private static final String END_OF_CHAIN = ") : [";
    private static final String ADVICE = ": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

    private static final Map<String, String> NAMES = Map.of(
            "SystemProperty", "system properties",
            "EnvironmentVariable", "environment variables",
            "WebIdentityToken", "web identity token",
            "Profile", "profile",
            "Container", "container",
            "InstanceProfile", "instance metadata");

    private static final Map<String, String> UNSET = Map.of(
            "Unable to load credentials from system settings", "not set",
            "Either the environment variable AWS_WEB_IDENTITY_TOKEN_FILE or the javaproperty", "not set",
            "Cannot fetch credentials from container - neither AWS_CONTAINER_CREDENTIALS_FULL_URI", "not set");

    private CredentialsTried() {}

    /** The line: each provider that was tried, and why it has none. */
    static String line(String message) {
        List<String> tried = tried(message);
        return tried.isEmpty()
                ? "no AWS credentials found" + ADVICE
                : "no AWS credentials found" + ADVICE + ". Tried: " + String.join("; ", tried);
    }

    private static List<String> tried(String message) {
        int start = message.indexOf(END_OF_CHAIN);
        if (start < 0) {
            return List.of();
        }
        String list = message.substring(start + END_OF_CHAIN.length()).replaceFirst("]$", "");
        List<MatchResult> providers = PROVIDER.matcher(list).results().toList();
        List<String> tried = new ArrayList<>();
        for (int i = 0; i < providers.size(); i++) {
            int end = i + 1 < providers.size() ? providers.get(i + 1).start() : list.length();
            tried.add(one(
                    providers.get(i).group(1), list.substring(providers.get(i).end(), end)));
        }
        return tried;
    }

    private static String one(String provider, String settingsAndReason) {
        int middle = settingsAndReason.indexOf("): ");
        String settings = middle < 0 ? "" : settingsAndReason.substring(0, middle);
        String reason = settingsAndReason.substring(middle < 0 ? 0 : middle + 3);
        String name = NAMES.getOrDefault(provider, provider);
        String profile = PROFILE.matcher(settings)
                .results()
                .map(found -> " " + found.group(1))
                .findFirst()
                .orElse("");
        return name + profile + ": " + brief(reason);
    }

    private static String brief(String reason) {
        return UNSET.entrySet().stream()
                .filter(known -> reason.startsWith(known.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseGet(() -> reason.replaceFirst("\\s*\\(SDK Attempt Count: \\d+\\)", "")
                        .replaceFirst("\\.$", ""));
    }
}
