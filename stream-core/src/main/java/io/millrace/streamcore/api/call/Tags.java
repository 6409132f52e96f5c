package io.millrace.streamcore.api.call;

import io.millrace.streamcore.api.shape.AnswerWriter;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.regex.Pattern;

/** The rules for the texts of tags, and how tags are written. */
public final class Tags {
    private static final Pattern VALID = Pattern.compile("[\\p{L}\\p{N}\\p{Z}\\s_.:/=+\\-%@]*");
    private static final String RESERVED = "aws:";

    private Tags() {}

    /**
     * Refuses tags that nobody can set.
     *
     * @throws ApiException if a key or a value has other characters than allowed, or a key is reserved
     */
    public static void check(Map<String, String> tags) {
        checkKeys(tags.keySet());
        checkCharacters(tags.values());
    }

    /**
     * Refuses keys that no tag can have.
     *
     * @throws ApiException if one has other characters than allowed, or is reserved
     */
    public static void checkKeys(Collection<String> keys) {
        checkCharacters(keys);
        for (String key : keys) {
            if (key.regionMatches(true, 0, RESERVED, 0, RESERVED.length())) {
                throw ApiException.invalidArgument("Tag keys that begin with " + RESERVED + " are reserved.");
            }
        }
    }

    /** Writes tags as the list {@code Tags}. */
    public static void write(AnswerWriter out, SortedMap<String, String> tags) throws IOException {
        out.startList("Tags");
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            out.start().text("Key", tag.getKey()).text("Value", tag.getValue()).end();
        }
        out.endList();
    }

    private static void checkCharacters(Collection<String> texts) {
        if (!texts.stream().allMatch(text -> VALID.matcher(text).matches())) {
            throw ApiException.invalidArgument(
                    "Some tags contain invalid characters. Valid characters: Unicode letters,"
                            + " digits, white space, _ . / = + - % @.");
        }
    }
}
