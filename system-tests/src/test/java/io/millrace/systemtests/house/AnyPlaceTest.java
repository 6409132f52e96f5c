package io.millrace.systemtests.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing depends on the language, the time zone or the encoding of the machine that it runs on. */
class AnyPlaceTest {
    private static final Map<String, Pattern> EVERYWHERE = Map.of(
            "a case of the default locale", Pattern.compile("\\.to(Lower|Upper)Case\\(\\)"),
            "a format in the default locale", Pattern.compile("String\\.format\\(\\s*+(?!Locale\\.ROOT)"),
            "a print in the default locale", Pattern.compile("\\.printf\\(\\s*+(?!Locale\\.ROOT)"),
            "numbers in the default locale",
                    Pattern.compile("\"[^\"\n]*%[-+0,.]*[0-9.]*[defg][^\"\n]*\"\\s*\\.formatted\\("),
            "a date in the default locale", Pattern.compile("\\.ofPattern\\(\\s*\"[^\"]*\"\\s*\\)"),
            "the default locale or zone",
                    Pattern.compile(
                            "(Locale|TimeZone)\\.getDefault\\(|ZoneId\\.systemDefault\\(|\\.systemDefaultZone\\("),
            "today in the default zone",
                    Pattern.compile("Local(Date|Time|DateTime)\\.now\\(\\)|ZonedDateTime\\.now\\(\\)"),
            "the default encoding",
                    Pattern.compile("\\.getBytes\\(\\)|new (FileReader|FileWriter)\\(|Charset\\.defaultCharset\\("));

    /** Text blocks and constants make these hard to judge, so the product does without. */
    private static final Pattern FORMATTED = Pattern.compile("\\.formatted\\(");

    @Test
    void nothingDependsOnTheMachinesLanguageZoneOrEncoding() {
        List<String> found = new ArrayList<>();
        Stream.concat(House.sources().stream(), House.testSources().stream())
                .filter(file -> !file.endsWith("AnyPlaceTest.java"))
                .forEach(file -> EVERYWHERE.forEach((fault, pattern) -> found.addAll(find(file, fault, pattern))));
        assertThat(found).isEmpty();
    }

    @Test
    void productNamesTheLocaleOfEveryFormat() {
        List<String> found = new ArrayList<>();
        House.sources().forEach(file -> found.addAll(find(file, "a format in the default locale", FORMATTED)));
        assertThat(found).isEmpty();
    }

    private static List<String> find(Path file, String fault, Pattern pattern) {
        String text = House.read(file);
        List<String> found = new ArrayList<>();
        for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
            long line = text.substring(0, matcher.start()).lines().count();
            found.add(House.top().relativize(file) + ":" + line + " " + fault);
        }
        return found;
    }
}
