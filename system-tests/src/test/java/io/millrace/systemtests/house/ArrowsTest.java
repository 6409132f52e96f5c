package io.millrace.systemtests.house;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which room may know which. A wrong import fails here. */
class ArrowsTest {
    static List<String> modules() {
        return List.copyOf(House.ARROWS.keySet());
    }

    @Test
    void everyPackageBelongsToAModuleOfTheMap() {
        Set<String> found = new TreeSet<>();
        for (JavaClass type : House.classes()) {
            found.add(Splitter.on('.').splitToList(type.getPackageName()).get(2));
        }

        assertThat(found).isEqualTo(new TreeSet<>(House.ARROWS.keySet()));
    }

    @ParameterizedTest
    @MethodSource("modules")
    void moduleKnowsOnlyWhatItsArrowsPointAt(String module) {
        Set<String> allowed = requireNonNull(House.ARROWS.get(module));
        for (String other : House.ARROWS.keySet()) {
            if (!other.equals(module) && !allowed.contains(other)) {
                noClasses()
                        .that()
                        .resideInAPackage(inside(module))
                        .should()
                        .dependOnClassesThat()
                        .resideInAPackage(inside(other))
                        .because("there is no arrow " + module + " -> " + other)
                        .check(House.classes());
            }
        }
    }

    /** Inside the server: http -> api -> stream -> log, and never back. */
    @ParameterizedTest
    @CsvSource({
        "log, stream",
        "log, api",
        "log, http",
        "stream, api",
        "stream, http",
        "api, http",
        "api, log",
        "http, log"
    })
    void serverRoomsDoNotLookUpwardsOrPastTheNext(String room, String forbidden) {
        noClasses()
                .that()
                .resideInAPackage(inside("streamcore." + room))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(inside("streamcore." + forbidden))
                .check(House.classes());
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(House.ROOT + ".(**)").should().beFreeOfCycles().check(House.classes());
    }

    @Test
    void nettyIsKnownInTheServersHttpRoomAlone() {
        noClasses()
                .that(resideInAPackage(inside("streamcore")).negate())
                .or()
                .resideInAnyPackage(inside("streamcore.api"), inside("streamcore.stream"), inside("streamcore.log"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .check(House.classes());
    }

    @Test
    void logKnowsBytesAndFilesButNoJson() {
        noClasses()
                .that()
                .resideInAPackage(inside("streamcore.log"))
                .or()
                .resideInAPackage(inside("streamcore.stream"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "software.amazon..")
                .check(House.classes());
    }

    private static String inside(String module) {
        return House.ROOT + "." + module + "..";
    }
}
