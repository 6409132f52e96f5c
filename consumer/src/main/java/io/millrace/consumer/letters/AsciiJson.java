package io.millrace.consumer.letters;

/** Writes texts into JSON in ASCII alone, so that no encoding on the way can change them. Stateless. */
public final class AsciiJson {
    private AsciiJson() {}

    /** Appends {@code value} in quotes; what is beyond ASCII stands as escapes, half of a surrogate pair included. */
    public static StringBuilder string(StringBuilder json, String value) {
        json.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                String digits = Integer.toHexString(c);
                json.append("\\u").append("0".repeat(4 - digits.length())).append(digits);
            } else {
                json.append(c);
            }
        }
        return json.append('"');
    }
}
