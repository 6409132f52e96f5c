package io.millrace.streamcore.api.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultPlanTest {
    private static final Set<String> OPERATIONS = Set.of("PutRecords", "GetRecords");

    @Test
    void whatIsSaidHoldsForAllOperations() {
        FaultPlan plan = FaultPlan.parse("throttle=0.05, internal=0.01,latency=20ms..200ms,seed=7", OPERATIONS);
        assertThat(plan.rule("GetRecords"))
                .isEqualTo(new FaultRule(0.05, 0.01, Duration.ofMillis(20), Duration.ofMillis(200)))
                .isEqualTo(plan.rule("PutRecords"));
        assertThat(plan.seed()).isEqualTo(OptionalLong.of(7));
    }

    @Test
    void whatIsSaidOfOneOperationReplacesThatPartForIt() {
        FaultPlan plan = FaultPlan.parse("PutRecords:throttle=0.2,throttle=0.1,internal=0.3,latency=1s", OPERATIONS);
        assertThat(plan.rule("PutRecords"))
                .isEqualTo(new FaultRule(0.2, 0.3, Duration.ofSeconds(1), Duration.ofSeconds(1)));
        assertThat(plan.rule("GetRecords").throttle()).isEqualTo(0.1);
        assertThat(plan.seed()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|cannot read the fault ''",
                "throttle|expected [OPERATION:]throttle",
                "throttle=|a probability is a number from 0 to 1",
                "throttle=1.1|a probability is a number from 0 to 1",
                "throttle=-0|",
                "internal=NaN|a probability is a number from 0 to 1",
                "latency=20|a time is a number of ms or s",
                "latency=2s..1s|the second time is shorter",
                "latency=..|a time is a number of ms or s",
                "latency=99999999999ms|a time is a number of ms or s",
                "seed=x|a seed is a whole number",
                "GetRecords:seed=1|expected [OPERATION:]throttle",
                "PutRecord:throttle=1|there is no operation of this name; there are [GetRecords, PutRecords]",
                "chaos=1|expected [OPERATION:]throttle",
                "throttle=0.1,,|cannot read the fault ''"
            })
    void whatCannotBeReadIsNamedAndExplained(String text, String why) {
        if (why == null) {
            assertThat(FaultPlan.parse(text, OPERATIONS).everywhere().throttle())
                    .isZero();
            return;
        }
        assertThatThrownBy(() -> FaultPlan.parse(text, OPERATIONS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }
}
