package io.millrace.streamcore.api.policy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the JSON of a policy (IAM user guide, "Grammar of the IAM JSON policy language"). Made for one policy. */
final class PolicyReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final Pattern PRINCIPAL = Pattern.compile("\\*|\\d{12}|arn:[^\\s*?]{1,2048}");

    private final JsonParser parser;

    private PolicyReader(JsonParser parser) {
        this.parser = parser;
    }

    static ResourcePolicy read(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            return new PolicyReader(parser).policy();
        } catch (IOException notJson) {
            throw wrong("it is not JSON, or has a member twice");
        }
    }

    private ResourcePolicy policy() throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw wrong("it is not a JSON object");
        }
        List<Statement> statements = new ArrayList<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            switch (name) {
                case "Version", "Id" -> text(name);
                case "Statement" -> statements(statements);
                default -> throw wrong("it has an unknown member; known are Version, Id, Statement");
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
            throw wrong("something is after its end");
        }
        return new ResourcePolicy(statements);
    }

    private void statements(List<Statement> statements) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            statements.add(statement());
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            statements.add(statement());
        }
    }

    private Statement statement() throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrong("a Statement is an object or a list of objects");
        }
        String effect = "";
        List<String> principals = List.of();
        List<String> actions = List.of();
        List<String> resources = List.of();
        Set<String> notJudged = new HashSet<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            switch (name) {
                case "Sid" -> text(name);
                case "Effect" -> effect = text(name);
                case "Principal" -> principals = principals();
                case "Action" -> actions = texts(name);
                case "Resource" -> resources = texts(name);
                case "Condition", "NotPrincipal", "NotAction", "NotResource" -> {
                    notJudged.add(name);
                    parser.skipChildren();
                }
                default ->
                    throw wrong("a Statement has an unknown member; known are Sid, Effect, Principal, Action,"
                            + " Resource, Condition, NotPrincipal, NotAction, NotResource");
            }
        }
        if (!effect.equals("Allow") && !effect.equals("Deny")) {
            throw wrong("a Statement's Effect is Allow or Deny");
        }
        return new Statement(
                effect.equals("Deny"),
                given(principals, "Principal", notJudged),
                given(actions, "Action", notJudged).stream()
                        .map(action -> new Wildcard(action.toLowerCase(Locale.ROOT)))
                        .toList(),
                given(resources, "Resource", notJudged).stream()
                        .map(Wildcard::new)
                        .toList(),
                notJudged.isEmpty());
    }

    /** Either everybody, or by kind: {@code {"AWS": ...}}. Services and other kinds are nobody who asks here. */
    private List<String> principals() throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            if (!parser.getText().equals("*")) {
                throw wrong(
                        "a Principal is \"*\" or an object such as {\"AWS\": \"arn:aws:iam::111122223333:user/name\"}");
            }
            return List.of("*");
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrong("a Principal is \"*\" or an object");
        }
        List<String> principals = new ArrayList<>();
        for (String kind = parser.nextFieldName(); kind != null; kind = parser.nextFieldName()) {
            parser.nextToken();
            List<String> named = texts("Principal");
            if (!kind.equals("AWS")) {
                principals.add("");
                continue;
            }
            for (String name : named) {
                if (!PRINCIPAL.matcher(name).matches()) {
                    throw wrong("a Principal is \"*\", an account, or an ARN without wildcards");
                }
                principals.add(name);
            }
        }
        return principals;
    }

    private List<String> texts(String name) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            return List.of(text(name));
        }
        List<String> texts = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            texts.add(text(name));
        }
        return texts;
    }

    private String text(String name) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw wrong(name + " is a text, or a list of texts where several may stand");
        }
        return parser.getText();
    }

    /** Where a statement says what it is not about, a deny is about all that there is. */
    private static List<String> given(List<String> texts, String name, Set<String> notJudged) {
        if (notJudged.contains("Not" + name)) {
            return List.of("*");
        }
        if (texts.isEmpty()) {
            throw wrong("a Statement has no " + name);
        }
        return texts;
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("Policy is not valid: " + text + ".");
    }
}
