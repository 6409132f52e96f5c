package io.millrace.streamcore.api.auth;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Takes queries and paths apart and writes them as signatures want them (RFC 3986, upper-case digits). Stateless. */
final class QueryText {
    private static final String HEX = "0123456789ABCDEF";
    private static final String SIGNATURE = "X-Amz-Signature";

    private QueryText() {}

    /** The parameters of a query, decoded; of several with one name the first. */
    static Map<String, String> parse(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            parameters.putIfAbsent(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
        return parameters;
    }

    /** The query as it is signed: every part encoded strictly, sorted, and without the signature itself if in it. */
    static String canonical(String query, boolean withoutSignature) {
        if (query.isEmpty()) {
            return "";
        }
        List<String[]> pairs = new ArrayList<>();
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = encode(decode(equals < 0 ? pair : pair.substring(0, equals)), false);
            if (!withoutSignature || !name.equals(SIGNATURE)) {
                pairs.add(new String[] {name, equals < 0 ? "" : encode(decode(pair.substring(equals + 1)), false)});
            }
        }
        pairs.sort((a, b) -> a[0].equals(b[0]) ? a[1].compareTo(b[1]) : a[0].compareTo(b[0]));
        StringBuilder text = new StringBuilder(query.length() + 32);
        for (String[] pair : pairs) {
            text.append(text.isEmpty() ? "" : "&").append(pair[0]).append('=').append(pair[1]);
        }
        return text.toString();
    }

    /** The path as it is signed: dots and double slashes resolved, then encoded once more. */
    static String canonicalPath(String path) {
        if (path.isEmpty() || path.equals("/")) {
            return "/";
        }
        List<String> kept = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            if (segment.equals("..")) {
                if (!kept.isEmpty()) {
                    kept.remove(kept.size() - 1);
                }
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                kept.add(segment);
            }
        }
        String joined = "/" + String.join("/", kept);
        boolean endsWithSlash = path.endsWith("/") && joined.length() > 1;
        return encode(endsWithSlash ? joined + "/" : joined, true);
    }

    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int high = bytes[i] == '%' && i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
            int low = high >= 0 ? Character.digit(bytes[i + 2], 16) : -1;
            if (low >= 0) {
                out.write(high << 4 | low);
                i += 2;
            } else {
                out.write(bytes[i]);
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String encode(String text, boolean keepsSlash) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (next & 0xff);
            if (isUnreserved(c) || (keepsSlash && c == '/')) {
                out.append(c);
            } else {
                out.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
            }
        }
        return out.toString();
    }

    private static boolean isUnreserved(char c) {
        return (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '_'
                || c == '.'
                || c == '~';
    }
}
