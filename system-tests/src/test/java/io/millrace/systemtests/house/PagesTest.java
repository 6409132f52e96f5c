package io.millrace.systemtests.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages of this project point at things that are there. */
class PagesTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");
    /** Blocks of code are no text: what looks like a link there is none. */
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```.*?^```");

    private final Path top = Checkout.top();

    @Test
    void everyLinkResolves() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : files(".md")) {
            String text = BLOCK.matcher(Files.readString(page)).replaceAll("");
            for (MatchResult link : LINK.matcher(text).results().toList()) {
                String target = link.group(1);
                if (!target.contains("://") && !resolves(page, target)) {
                    broken.add(top.relativize(page) + ": " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyTestThatAPageNamesIsThere() throws IOException {
        Map<String, String> tests = new HashMap<>();
        for (Path source : files("Test.java")) {
            String name = source.getFileName().toString().replace(".java", "");
            tests.merge(name, Files.readString(source), String::concat);
        }
        List<String> missing = new ArrayList<>();
        for (Path page : files(".md")) {
            for (MatchResult named :
                    TEST.matcher(Files.readString(page)).results().toList()) {
                String source = tests.get(named.group(1));
                if (source == null || named.group(2) != null && !declares(source, named.group(2))) {
                    missing.add(top.relativize(page) + ": " + named.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** A test, or a class of tests within. */
    private static boolean declares(String source, String name) {
        return source.contains(" " + name + "(") || source.contains("class " + name + " {");
    }

    private static boolean resolves(Path page, String target) throws IOException {
        int hash = target.indexOf('#');
        Path file = hash == 0
                ? page
                : page.resolveSibling(hash < 0 ? target : target.substring(0, hash))
                        .normalize();
        if (hash < 0 || !Files.isRegularFile(file)) {
            return hash < 0 && Files.exists(file);
        }
        return HEADING.matcher(Files.readString(file))
                .results()
                .anyMatch(heading -> anchor(heading.group(1)).equals(target.substring(hash + 1)));
    }

    /** A heading's anchor as GitHub and most renderers of Markdown form it. */
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-');
    }

    private List<Path> files(String end) throws IOException {
        try (Stream<Path> files = Files.walk(top)) {
            return files.filter(file -> file.getFileName().toString().endsWith(end))
                    .filter(file -> !isMade(top.relativize(file)))
                    .toList();
        }
    }

    private static boolean isMade(Path file) {
        for (Path part : file) {
            String name = part.toString();
            if (name.equals("target") || name.equals("node_modules") || name.startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
