package io.millrace.multilang.settings;

import io.millrace.multilang.settings.Row.Use;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the row that a key means, and the nearest one for a key that means none. */
final class Keys {
    private static final String CREDENTIALS = "awscredentialsprovider";
    private static final String OTHER_CREDENTIALS = "(?i)(kinesis|dynamodb|cloudwatch)CredentialsProvider[.\\[].*";

    private static final String OTHER_CLIENT = "(?i)(kinesis|dynamoDb|cloudWatch)Client\\..*";

    private Keys() {}

    /**
     * A setting whose key is known.
     *
     * @param row what it means; never an alias
     * @param setting as it was written
     */
    record Known(Row row, Setting setting) {
        /** True if the key was written otherwise than the table has it. */
        boolean isAlias() {
            return !setting.key().equals(row.key());
        }
    }

    /**
     * Finds the row.
     *
     * @throws SettingsException if there is none
     */
    static Known find(Setting setting) {
        String key = setting.key();
        Optional<Row> row = byName(key)
                .or(() -> byName(withFirst(key, true)))
                .or(() -> byName(withFirst(key, false)))
                .or(() -> credentials(key));
        return row.map(found -> new Known(found, setting)).orElseThrow(() -> unknown(setting));
    }

    private static Optional<Row> byName(String key) {
        return SettingTable.find(key)
                .flatMap(row -> row.use() == Use.ALIAS ? SettingTable.find(row.text()) : Optional.of(row));
    }

    private static String withFirst(String key, boolean lower) {
        if (key.isEmpty()) {
            return key;
        }
        String first = key.substring(0, 1);
        return (lower ? first.toLowerCase(Locale.ROOT) : first.toUpperCase(Locale.ROOT)) + key.substring(1);
    }

    /** Amazon's daemon takes these in any case. */
    private static Optional<Row> credentials(String key) {
        String lower = key.toLowerCase(Locale.ROOT);
        return lower.startsWith(CREDENTIALS)
                ? SettingTable.all().stream()
                        .filter(row -> row.key().toLowerCase(Locale.ROOT).equals(lower))
                        .findFirst()
                : Optional.empty();
    }

    private static SettingsException unknown(Setting setting) {
        String key = setting.key();
        if (key.matches(OTHER_CREDENTIALS)) {
            return new SettingsException(setting.origin() + ": " + key
                    + " is not taken, only .class, .profileName and [0] are;"
                    + " or write AwsCredentialsProvider = NAME|argument|key=value instead");
        }
        if (key.matches(OTHER_CLIENT)) {
            return new SettingsException(
                    setting.origin() + ": " + key
                            + " is not taken, only .region, .endpointOverride, .fipsEnabled, .dualstackEnabled and .defaultsMode are");
        }
        return new SettingsException(setting.origin() + ": there is no setting " + key + nearest(key));
    }

    private static String nearest(String key) {
        List<String> names = new ArrayList<>();
        SettingTable.all().forEach(row -> names.add(row.key()));
        String lower = key.toLowerCase(Locale.ROOT);
        int most = Math.max(2, key.length() / 3);
        List<String> near = names.stream()
                .filter(name -> distance(lower, name.toLowerCase(Locale.ROOT)) <= most)
                .sorted(Comparator.comparingInt(name -> distance(lower, name.toLowerCase(Locale.ROOT))))
                .limit(1)
                .collect(Collectors.toList());
        return near.isEmpty() ? "; see docs/multilang.md for all of them" : "; did you mean " + near.get(0) + "?";
    }

    /** How many letters have to be changed, added or left out to make one text of the other. */
    static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
