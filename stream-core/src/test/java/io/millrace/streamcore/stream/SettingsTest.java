package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.runtime.Platform;
import io.millrace.sim.Simulation;
import io.millrace.streamcore.log.FsyncPolicy;
import io.millrace.streamcore.log.LogSettings;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class SettingsTest {
    private static final Platform PLATFORM = new Simulation(1);

    @Test
    void defaultsAreThoseOfTheDocumentation() {
        StreamsSettings settings = StreamsSettings.in(Path.of("data"), PLATFORM);
        assertThat(settings.region()).isEqualTo("us-east-1");
        assertThat(settings.account()).isEqualTo("000000000000");
        assertThat(settings.transitionTime()).isEqualTo(Duration.ofMillis(500));
        assertThat(settings.shardLimit()).isEqualTo(20_000);
        assertThat(settings.creatingLimit()).isEqualTo(Integer.MAX_VALUE);
        assertThat(settings.log())
                .isEqualTo(
                        new LogSettings(FsyncPolicy.ALWAYS, Duration.ofMillis(100), 256 << 20, 64L << 20, 2, 8, null));
    }

    @Test
    void everySettingCanBeChanged() {
        LogSettings log = LogSettings.DEFAULTS
                .withFsync(FsyncPolicy.NEVER)
                .withSegmentBytes(1 << 20)
                .withCacheBytes(5)
                .withKeyFile(Path.of("key"));
        StreamsSettings settings = StreamsSettings.in(Path.of("data"), PLATFORM)
                .withLog(log)
                .withTransitionTime(Duration.ZERO)
                .withRegionAndAccount("eu-west-1", "123456789012")
                .withLimits(10, 5)
                .withSetAsideDamaged();
        assertThat(settings)
                .isEqualTo(new StreamsSettings(
                        Path.of("data"),
                        PLATFORM,
                        new LogSettings(FsyncPolicy.NEVER, Duration.ofMillis(100), 1 << 20, 5, 2, 8, Path.of("key")),
                        "eu-west-1",
                        "123456789012",
                        Duration.ZERO,
                        10,
                        5,
                        true));
    }

    @Test
    void impossibleSettingsAreRefused() {
        StreamsSettings settings = StreamsSettings.in(Path.of("data"), PLATFORM);
        assertThatThrownBy(() -> settings.withTransitionTime(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> settings.withLimits(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogSettings.DEFAULTS.withSegmentBytes(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogSettings.DEFAULTS.withCacheBytes(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(FsyncPolicy.parse("interval")).isEqualTo(FsyncPolicy.INTERVAL);
        assertThatThrownBy(() -> FsyncPolicy.parse("sometimes")).hasMessageContaining("always, interval or never");
    }
}
