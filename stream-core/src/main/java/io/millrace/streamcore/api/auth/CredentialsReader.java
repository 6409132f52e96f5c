package io.millrace.streamcore.api.auth;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.millrace.streamcore.api.call.ServiceOperations;
import io.millrace.streamcore.api.policy.Wildcard;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of a credentials file. Every mistake is told with its line and, once known, its key; what the file holds
 * is never quoted but for names of members, ids and patterns. Belongs to the thread that reads; made for one file.
 */
final class CredentialsReader {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern ACTION = Pattern.compile("kinesis:[A-Za-z*?]+|\\*");
    private static final Pattern STREAM = Pattern.compile("[a-zA-Z0-9_.*?-]{1,128}");
    private static final Pattern ACCOUNT = Pattern.compile("\\d{12}");
    private static final int MIN_SECRET = 16;
    private static final int MAX_SECRET = 512;

    private final JsonParser parser;
    private String keyInHand = "";

    private CredentialsReader(JsonParser parser) {
        this.parser = parser;
    }

    /**
     * Reads all keys.
     *
     * @throws IOException with a text that says where the mistake is and what is right
     */
    static AccessKeys read(byte[] text) throws IOException {
        try (JsonParser parser = JSON.createParser(text)) {
            return new CredentialsReader(parser).file();
        } catch (JsonProcessingException e) {
            // Its own text may quote the file.
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new IOException("line " + line + ": not JSON");
        }
    }

    private AccessKeys file() throws IOException {
        parser.nextToken();
        expect(JsonToken.START_OBJECT, "an object: {\"keys\": [...]}");
        Map<String, AccessKey> keys = new HashMap<>();
        Set<String> given = new HashSet<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            once(given, name);
            switch (name) {
                case "keys" -> keys(keys);
                case "comment" -> text(name);
                default -> throw unknown(name, "keys, comment");
            }
        }
        if (!given.contains("keys")) {
            throw wrong("no 'keys'");
        }
        if (parser.nextToken() != null) {
            throw wrong("something follows the end");
        }
        return new AccessKeys(keys);
    }

    private void keys(Map<String, AccessKey> keys) throws IOException {
        parser.nextToken();
        expect(JsonToken.START_ARRAY, "'keys' to be a list of objects");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.START_OBJECT, "'keys' to be a list of objects");
            AccessKey key = key();
            if (keys.putIfAbsent(key.id(), key) != null) {
                throw wrong("given twice");
            }
            keyInHand = "";
        }
    }

    private AccessKey key() throws IOException {
        String secret = "";
        List<Grant> grants = List.of();
        @Nullable String account = null;
        Set<String> given = new HashSet<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            once(given, name);
            switch (name) {
                case "accessKeyId" -> keyInHand = id();
                case "secretAccessKey" -> secret = secret();
                case "allow" -> grants = grants();
                case "account" -> account = account();
                case "comment" -> text(name);
                default -> throw unknown(name, "accessKeyId, secretAccessKey, account, allow, comment");
            }
        }
        for (String name : List.of("accessKeyId", "secretAccessKey")) {
            if (!given.contains(name)) {
                throw wrong("no '" + name + "'");
            }
        }
        return new AccessKey(keyInHand, secret, grants, account);
    }

    private String id() throws IOException {
        String id = text("accessKeyId");
        if (!AccessKey.ID.matcher(id).matches()) {
            throw wrong("an 'accessKeyId' has 1 to 128 letters, digits, '_', '.' and '-'");
        }
        return id;
    }

    private String secret() throws IOException {
        String secret = text("secretAccessKey");
        if (secret.length() < MIN_SECRET || secret.length() > MAX_SECRET) {
            throw wrong("a 'secretAccessKey' has " + MIN_SECRET + " to " + MAX_SECRET
                    + " characters; make one with: openssl rand -base64 30");
        }
        return secret;
    }

    private String account() throws IOException {
        String account = text("account");
        if (!ACCOUNT.matcher(account).matches()) {
            throw wrong("an 'account' has twelve digits");
        }
        return account;
    }

    private List<Grant> grants() throws IOException {
        parser.nextToken();
        expect(JsonToken.START_ARRAY, "'allow' to be a list of objects");
        List<Grant> grants = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.START_OBJECT, "'allow' to be a list of objects");
            grants.add(grant());
        }
        return grants;
    }

    private Grant grant() throws IOException {
        List<Wildcard> actions = List.of();
        List<Wildcard> streams = List.of();
        Set<String> given = new HashSet<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            once(given, name);
            switch (name) {
                case "actions" -> actions = patterns(name, ACTION, "such as kinesis:PutRecord* or *");
                case "streams" -> streams = patterns(name, STREAM, "such as orders, orders-* or *");
                case "comment" -> text(name);
                default -> throw unknown(name, "actions, streams, comment");
            }
        }
        if (actions.isEmpty() || streams.isEmpty()) {
            throw wrong("an entry of 'allow' needs 'actions' and 'streams', both with at least one text");
        }
        return new Grant(actions, streams);
    }

    private List<Wildcard> patterns(String name, Pattern form, String example) throws IOException {
        parser.nextToken();
        expect(JsonToken.START_ARRAY, "'" + name + "' to be a list of texts");
        List<Wildcard> patterns = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.VALUE_STRING, "'" + name + "' to be a list of texts");
            String pattern = parser.getText();
            if (!form.matcher(pattern).matches()) {
                throw wrong("'" + name + "' are texts " + example);
            }
            Wildcard wildcard = new Wildcard(pattern);
            if (name.equals("actions") && !matchesAnOperation(wildcard)) {
                throw wrong("no operation of the service matches '" + pattern + "'");
            }
            patterns.add(wildcard);
        }
        return patterns;
    }

    private static boolean matchesAnOperation(Wildcard action) {
        return ServiceOperations.names().stream().anyMatch(name -> action.matches("kinesis:" + name));
    }

    private String text(String name) throws IOException {
        parser.nextToken();
        expect(JsonToken.VALUE_STRING, "'" + name + "' to be a text");
        return parser.getText();
    }

    private void once(Set<String> given, String name) throws IOException {
        if (!given.add(name)) {
            throw wrong("'" + clip(name) + "' is given twice");
        }
    }

    private void expect(JsonToken wanted, String text) throws IOException {
        if (parser.currentToken() != wanted) {
            throw wrong("expected " + text);
        }
    }

    private IOException unknown(String name, String known) {
        return wrong("unknown member '" + clip(name) + "'; known are " + known);
    }

    private IOException wrong(String text) {
        String where = "line " + parser.currentTokenLocation().getLineNr();
        return new IOException(where + (keyInHand.isEmpty() ? "" : " (key " + keyInHand + ")") + ": " + text);
    }

    private static String clip(String name) {
        return name.length() <= 40 ? name : name.substring(0, 40) + "...";
    }
}
