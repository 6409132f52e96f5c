package io.millrace.multilang.settings;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings that are in force, each by the key of its row, with values whose form is right. */
final class Values {
    /** Pairs of keys that name the same thing in two ways. */
    private static final Map<String, String> SIBLINGS = Map.of(
            "streamName", "streamArn",
            "streamArn", "streamName",
            "fanoutConfig.consumerName", "fanoutConfig.consumerArn",
            "fanoutConfig.consumerArn", "fanoutConfig.consumerName");

    private final Map<String, Keys.Known> byKey;

    private Values(Map<String, Keys.Known> byKey) {
        this.byKey = byKey;
    }

    /**
     * Checks settings one by one.
     *
     * @param file those of the file: each key once
     * @param overrides those that replace them, and what names the same thing by name or ARN; the last of a key counts
     * @throws SettingsException if a key is not known, stands twice, or has a value of a wrong form
     */
    static Values of(List<Setting> file, List<Setting> overrides) {
        Map<String, Keys.Known> byKey = new LinkedHashMap<>();
        for (Setting setting : file) {
            Keys.Known known = checked(setting);
            Keys.Known before = byKey.put(known.row().key(), known);
            if (before != null) {
                throw new SettingsException(setting.origin() + ": " + setting.key() + " is set already in "
                        + before.setting().origin() + "; leave one of them");
            }
        }
        for (Setting setting : overrides) {
            Keys.Known known = checked(setting);
            String key = known.row().key();
            byKey.put(key, known);
            String sibling = SIBLINGS.get(key);
            if (sibling != null) {
                byKey.remove(sibling);
            }
        }
        return new Values(byKey);
    }

    private static Keys.Known checked(Setting setting) {
        Keys.Known known = Keys.find(setting);
        String expected = known.row().form().expectedInsteadOf(setting.value());
        if (!expected.isEmpty()) {
            throw new SettingsException(
                    setting.origin() + ": " + setting.key() + " is " + expected + ", not '" + setting.value() + "'");
        }
        return known;
    }

    List<Keys.Known> all() {
        return List.copyOf(byKey.values());
    }

    /** The setting of a key, if it is there. */
    Optional<Setting> setting(String key) {
        return Optional.ofNullable(byKey.get(key)).map(Keys.Known::setting);
    }

    boolean has(String key) {
        return byKey.containsKey(key);
    }

    Optional<String> text(String key) {
        return setting(key).map(Setting::value);
    }

    Optional<Integer> whole(String key) {
        return text(key).map(Integer::parseInt);
    }

    Optional<Boolean> flag(String key) {
        return text(key).map(Boolean::parseBoolean);
    }

    Optional<Duration> millis(String key) {
        return text(key).map(text -> Duration.ofMillis(Long.parseLong(text)));
    }

    Optional<Duration> seconds(String key) {
        return text(key).map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }

    /** The parts of a value between commas. */
    List<String> list(String key) {
        List<String> parts = new ArrayList<>();
        for (String part : text(key).orElse("").split(",", -1)) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }

    /** The destination of what is given up. */
    Optional<FailureDestination> destination(String key) {
        return text(key).map(text -> {
            try {
                return FailureDestination.parse(text);
            } catch (IllegalArgumentException none) {
                throw wrong(key, none.getMessage() + ", not '" + text + "'");
            }
        });
    }

    /** A complaint about the setting of a key. */
    SettingsException wrong(String key, String complaint) {
        Setting setting = setting(key).orElseThrow();
        return new SettingsException(setting.origin() + ": " + setting.key() + " " + complaint);
    }
}
