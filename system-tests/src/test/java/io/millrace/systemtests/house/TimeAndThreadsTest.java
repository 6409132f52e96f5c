package io.millrace.systemtests.house;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethodWhere;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nobody reads a clock, sleeps or makes a thread but the runtime; nobody ends the process but the command line. */
class TimeAndThreadsTest {
    private static final Map<String, Set<String>> CLOCKS_AND_THREADS = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.lang.Thread", Set.of("sleep", "start", "ofVirtual", "startVirtualThread"),
            "java.time.Instant", Set.of("now"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.ZonedDateTime", Set.of("now"),
            "java.time.Clock", Set.of("systemUTC", "systemDefaultZone", "system"),
            "java.time.InstantSource", Set.of("system"),
            "java.util.concurrent.TimeUnit", Set.of("sleep"));

    @Test
    void clocksAndThreadsBelongToTheRuntime() {
        noClasses()
                .that()
                .resideOutsideOfPackage(House.ROOT + ".runtime..")
                .should(callMethodWhere(describe("reads a clock, sleeps or starts a thread", this::touchesTime)))
                .check(House.classes());
    }

    @Test
    void executorsAreMadeByTheRuntime() {
        noClasses()
                .that()
                .resideOutsideOfPackage(House.ROOT + ".runtime..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.concurrent.Executors")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.util.concurrent.ThreadPoolExecutor.class)
                .check(House.classes());
    }

    @Test
    void onlyProgramsEndTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        House.ROOT + ".cli..", House.ROOT + ".dynamodblocal..", House.ROOT + ".examples..")
                .should(callMethodWhere(describe(
                        "ends the process",
                        call -> (call.getTargetOwner().isEquivalentTo(System.class)
                                        && call.getName().equals("exit"))
                                || (call.getTargetOwner().isEquivalentTo(Runtime.class)
                                        && Set.of("exit", "halt").contains(call.getName())))))
                .check(House.classes());
    }

    @Test
    void staticsNeverChange() {
        fields().that()
                .areStatic()
                .and()
                .areDeclaredInClassesThat(describe("are written by us", (JavaClass type) -> !type.isEnum()))
                .should()
                .haveModifier(FINAL)
                .check(House.classes());
    }

    @Test
    void nobodyLocksWithSynchronizedMethodsOutsideTheRuntime() {
        com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods()
                .that()
                .areDeclaredInClassesThat()
                .resideOutsideOfPackage(House.ROOT + ".runtime..")
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(House.classes());
    }

    private boolean touchesTime(JavaMethodCall call) {
        return CLOCKS_AND_THREADS
                .getOrDefault(call.getTargetOwner().getName(), Set.of())
                .contains(call.getName());
    }
}
