package io.millrace.systemtests.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How large a unit may grow, what it may be called, and what must be documented. */
class SourcesTest {
    private static final int FILE_LINES = 600;
    private static final int CONSTRUCTOR_PARAMETERS = 6;
    private static final int PACKAGE_TYPES = 30;

    private static final Pattern SYNCHRONIZED_BLOCK = Pattern.compile("\\bsynchronized\\s*\\(");
    private static final Pattern TEMPORARY_FILE = Pattern.compile("createTemp(File|Directory)|deleteOnExit");
    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "^public (?:(?:final|abstract|sealed|non-sealed|static) )*(?:class|interface|record|enum|@interface) ");
    private static final Pattern PUBLIC_METHOD =
            Pattern.compile("^    public (?!(?:final |static |abstract )*(?:class|interface|record|enum) )[^=;]*\\(.*");

    @Test
    void everyModuleOfTheBuildIsKnownHere() {
        List<String> built = Pattern.compile("<module>(.*)</module>")
                .matcher(House.read(House.top().resolve("pom.xml")))
                .results()
                .map(module -> module.group(1))
                .toList();

        assertThat(House.MODULES).containsExactlyElementsOf(built);
    }

    @Test
    void noFileOutgrowsItsIdea() {
        assertThat(House.sources())
                .filteredOn(file -> House.read(file).lines().count() > FILE_LINES)
                .isEmpty();
    }

    @Test
    void noConstructorTakesMoreThanSixParameters() {
        List<String> wide = new ArrayList<>();
        for (JavaClass type : House.classes()) {
            // A record is a list of values; an enum's constructor has two hidden parameters.
            if (!type.isRecord() && !type.isEnum() && !type.isAnonymousClass()) {
                for (JavaConstructor constructor : type.getConstructors()) {
                    int hidden = type.isInnerClass() ? 1 : 0;
                    if (constructor.getRawParameterTypes().size() - hidden > CONSTRUCTOR_PARAMETERS) {
                        wide.add(constructor.getFullName());
                    }
                }
            }
        }
        assertThat(wide).isEmpty();
    }

    @Test
    void noPackageHoldsMoreThanThirtyTypes() {
        Map<Path, Long> sizes = House.sources().stream()
                .filter(file -> !file.endsWith("package-info.java"))
                .collect(Collectors.groupingBy(Path::getParent, TreeMap::new, Collectors.counting()));

        assertThat(sizes)
                .allSatisfy((folder, types) -> assertThat(types)
                        .as("types in %s", House.top().relativize(folder))
                        .isLessThanOrEqualTo(PACKAGE_TYPES));
    }

    @Test
    void everyPackageSaysWhatItIsFor() {
        assertThat(House.sources().stream().map(Path::getParent).distinct())
                .allSatisfy(folder -> assertThat(folder.resolve("package-info.java"))
                        .exists()
                        .content()
                        .contains("@NullMarked")
                        .startsWith("/**"));
    }

    @Test
    void namesSayWhatAThingIsNotThatItIsAThing() {
        assertThat(House.sources())
                .extracting(file -> file.getFileName().toString())
                .noneMatch(name -> name.matches(".*(Impl|Manager|Helper|Utils?)\\.java"));
    }

    @Test
    void everyPublicTypeIsDocumented() {
        assertThat(undocumented(PUBLIC_TYPE)).isEmpty();
    }

    @Test
    void everyPublicMethodOfAPublicTypeIsDocumentedOrAnOverride() {
        assertThat(undocumented(PUBLIC_METHOD)).isEmpty();
    }

    @Test
    void nobodyLocksWithSynchronizedBlocksOutsideTheRuntime() {
        assertThat(House.sources())
                .filteredOn(file -> !file.startsWith(House.top().resolve("runtime")))
                .filteredOn(file -> SYNCHRONIZED_BLOCK.matcher(House.read(file)).find())
                .isEmpty();
    }

    /** {@code TemporaryFolder} is cleaned up even after its process was killed. */
    @Test
    void temporaryFilesAreMadeByTheRuntimeAlone() {
        assertThat(House.sources())
                .filteredOn(file -> !file.startsWith(House.top().resolve("runtime")))
                .filteredOn(file -> TEMPORARY_FILE.matcher(House.read(file)).find())
                .isEmpty();
    }

    @Test
    void versionsStandInTheRootPomAlone() {
        Pattern dependencyVersion = Pattern.compile("<version>([^$].*)</version>");
        List<String> found = new ArrayList<>();
        for (String module : House.MODULES) {
            Path pom = House.top().resolve(module).resolve("pom.xml");
            assertThat(Files.exists(pom)).as("%s", pom).isTrue();
            String text = House.read(pom).replaceFirst("(?s)<parent>.*?</parent>", "");
            Matcher version = dependencyVersion.matcher(text);
            while (version.find()) {
                found.add(module + ": " + version.group(1));
            }
        }
        assertThat(found).isEmpty();
    }

    /** Declarations that match and have no comment just above them, annotations skipped. */
    private static List<String> undocumented(Pattern declaration) {
        List<String> found = new ArrayList<>();
        for (Path file : House.sources()) {
            List<String> lines = House.read(file).lines().toList();
            boolean typeIsPublic =
                    lines.stream().anyMatch(line -> PUBLIC_TYPE.matcher(line).find());
            for (int i = 0; typeIsPublic && i < lines.size(); i++) {
                if (declaration.matcher(lines.get(i)).find() && !isDocumented(lines, i)) {
                    found.add(House.top().relativize(file) + ":" + (i + 1) + " "
                            + lines.get(i).strip());
                }
            }
        }
        return found;
    }

    /** A comment or an {@code @Override} between the declaration and the blank line above it. */
    private static boolean isDocumented(List<String> lines, int declaration) {
        for (int above = declaration - 1; above >= 0 && !lines.get(above).isBlank(); above--) {
            String line = lines.get(above).strip();
            if (line.endsWith("*/") || line.equals("@Override")) {
                return true;
            }
        }
        return false;
    }
}
