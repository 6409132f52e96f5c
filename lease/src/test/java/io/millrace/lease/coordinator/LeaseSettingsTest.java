package io.millrace.lease.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.millrace.lease.LostTable;
import io.millrace.lease.coordinator.LeaseSettings.StreamSettings;
import io.millrace.model.Position;
import io.millrace.model.StreamName;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeaseSettingsTest {
    private static final StreamName ORDERS = new StreamName("orders");

    @Test
    void defaultsAreAsDocumented() {
        LeaseSettings settings =
                LeaseSettings.builder().stream(ORDERS, Position.latest()).build();

        assertThat(settings)
                .isEqualTo(new LeaseSettings(
                        "worker",
                        List.of(new StreamSettings(ORDERS, Position.latest())),
                        Duration.ofSeconds(10),
                        Duration.ofMillis(250),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(10),
                        "",
                        Integer.MAX_VALUE,
                        LostTable.STOP));
    }

    @Test
    void everySettingIsTaken() {
        LeaseSettings settings = LeaseSettings.builder().workerName("alice").stream(ORDERS, Position.trimHorizon())
                .failoverTime(Duration.ofSeconds(3))
                .pollInterval(Duration.ofMillis(33))
                .handoffTimeout(Duration.ofSeconds(4))
                .shardSyncInterval(Duration.ofSeconds(5))
                .startTimeout(Duration.ofSeconds(6))
                .host("here")
                .maxLeases(7)
                .onLostTable(LostTable.RESTART)
                .build();

        assertThat(settings)
                .isEqualTo(new LeaseSettings(
                        "alice",
                        List.of(new StreamSettings(ORDERS, Position.trimHorizon())),
                        Duration.ofSeconds(3),
                        Duration.ofMillis(33),
                        Duration.ofSeconds(4),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(6),
                        "here",
                        7,
                        LostTable.RESTART));
    }

    @Test
    void pollIntervalFollowsAShortFailoverTime() {
        LeaseSettings settings = LeaseSettings.builder().stream(ORDERS, Position.latest())
                .failoverTime(Duration.ofSeconds(2))
                .build();

        assertThat(settings.pollInterval()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void settingsThatDoNotFitAreRefused() {
        LeaseSettings.Builder twice =
                LeaseSettings.builder().stream(ORDERS, Position.latest()).stream(ORDERS, Position.latest());
        LeaseSettings.Builder hasty =
                LeaseSettings.builder().stream(ORDERS, Position.latest()).failoverTime(Duration.ofMillis(900));
        LeaseSettings.Builder lazy =
                LeaseSettings.builder().stream(ORDERS, Position.latest()).pollInterval(Duration.ofSeconds(3));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> LeaseSettings.builder().build());
        assertThatIllegalArgumentException().isThrownBy(twice::build).withMessageContaining("twice");
        assertThatIllegalArgumentException().isThrownBy(hasty::build).withMessageContaining("at least 1 s");
        assertThatIllegalArgumentException().isThrownBy(lazy::build).withMessageContaining("a fifth");
    }
}
