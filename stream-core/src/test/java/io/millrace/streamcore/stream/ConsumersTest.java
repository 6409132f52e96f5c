package io.millrace.streamcore.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.Bytes;
import io.millrace.model.StreamName;
import io.millrace.streamcore.log.disk.MemoryDisk;
import io.millrace.streamcore.stream.ConsumerState.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules about registered consumers, in virtual time. */
class ConsumersTest {
    private static final StreamName ORDERS = new StreamName("orders");
    private static final Duration TRANSITION = Duration.ofMillis(500);

    @SuppressWarnings("NullAway.Init") // set before each test
    private StreamsRig rig;

    @SuppressWarnings("NullAway.Init") // set before each test
    private Consumers consumers;

    @BeforeEach
    void open() {
        open(MemoryDisk.empty());
        rig.await(rig.streams().create(ORDERS, 1));
        rig.run(TRANSITION);
    }

    private void open(MemoryDisk disk) {
        rig = new StreamsRig(disk, 1, TRANSITION);
        consumers = rig.streams().consumers();
    }

    @Test
    void aConsumerIsCreatingThenActiveThenDeletingThenGone() {
        assertThat(register("a").status()).isEqualTo(Status.CREATING);
        rig.run(TRANSITION);
        assertThat(consumers.get(ORDERS, "a").status()).isEqualTo(Status.ACTIVE);
        rig.await(consumers.deregister(ORDERS, "a"));
        assertThat(consumers.get(ORDERS, "a").status()).isEqualTo(Status.DELETING);
        assertThatThrownBy(() -> register("a")).isInstanceOf(StreamException.class);
        rig.run(TRANSITION);
        assertThatThrownBy(() -> consumers.get(ORDERS, "a"))
                .isInstanceOf(StreamException.class)
                .hasMessageContaining("not found");
        assertThat(consumers.list(ORDERS)).isEmpty();
    }

    @Test
    void aNameUsedAgainHasANewArn() {
        String first = register("a").arn();
        rig.run(TRANSITION);
        rig.await(consumers.deregister(ORDERS, "a"));
        rig.run(TRANSITION);
        assertThat(register("a").arn()).isNotEqualTo(first);
    }

    @Test
    void onlyTheVeryConsumerThatIsActiveMayListen() {
        ConsumerState first = register("a");
        assertThat(consumers.isActive(first)).isFalse();
        rig.run(TRANSITION);
        assertThat(consumers.isActive(first)).isTrue();
        rig.await(consumers.deregister(ORDERS, "a"));
        assertThat(consumers.isActive(first)).isFalse();
        rig.run(TRANSITION);
        ConsumerState second = register("a");
        rig.run(TRANSITION);
        assertThat(consumers.isActive(first)).isFalse();
        assertThat(consumers.isActive(second)).isTrue();
        rig.await(rig.streams().delete(ORDERS, true));
        assertThat(consumers.isActive(second)).isFalse();
    }

    @Test
    void fiveAreCreatingAtOnce() {
        for (int i = 0; i < 5; i++) {
            register("c" + i);
        }
        assertThatThrownBy(() -> register("c5"))
                .isInstanceOfSatisfying(
                        StreamException.class,
                        refused -> assertThat(refused.kind()).isEqualTo(StreamException.Kind.LIMIT_EXCEEDED));
        rig.run(TRANSITION);
        assertThat(register("c5").status()).isEqualTo(Status.CREATING);
    }

    @Test
    void anOnDemandStreamHasFiftyConsumersWhileTheCommitmentHoldsAndOthersTwenty() {
        StreamName onDemand = new StreamName("on-demand");
        rig.await(rig.streams().create(onDemand, StreamOptions.DEFAULTS.withMode(StreamOptions.Mode.ON_DEMAND), 4));
        rig.run(TRANSITION);
        registerUpTo(ORDERS, 20);
        registerUpTo(onDemand, 20);
        rig.await(rig.streams().commit(true));
        assertFull(ORDERS, 20);
        registerUpTo(onDemand, 50);
        // Ended, it holds for the rest of the day.
        rig.await(rig.streams().commit(false));
        rig.await(consumers.deregister(onDemand, "c0"));
        rig.run(TRANSITION);
        registerUpTo(onDemand, 50);
        rig.run(Duration.ofHours(25));
        rig.await(consumers.deregister(onDemand, "c1"));
        rig.run(TRANSITION);
        assertFull(onDemand, 20);
        assertThat(consumers.list(onDemand)).hasSize(49);
    }

    /** Registers what is missing of {@code most}, and no more can be. */
    private void registerUpTo(StreamName stream, int most) {
        for (int i = 0; consumers.list(stream).size() < most; i++) {
            String name = "c" + i;
            if (consumers.list(stream).stream().noneMatch(known -> known.name().equals(name))) {
                rig.await(consumers.register(stream, name, Map.of()));
                rig.run(TRANSITION);
            }
        }
        assertFull(stream, most);
    }

    private void assertFull(StreamName stream, int most) {
        assertThatThrownBy(() -> rig.await(consumers.register(stream, "more", Map.of())))
                .isInstanceOf(StreamException.class)
                .hasMessageContaining("has " + most + " registered consumers");
    }

    @Test
    void whatWasHalfDoneGoesOnAfterACrash() {
        register("stays");
        rig.run(TRANSITION);
        rig.await(consumers.retag(ORDERS, "stays", tags -> Map.of("k", "v")));
        register("leaves");
        rig.run(TRANSITION);
        rig.await(consumers.deregister(ORDERS, "leaves"));
        String arn = register("comes").arn();
        open(rig.disk.crashed(new SplittableRandom(1)));
        rig.run(TRANSITION);

        assertThat(consumers.list(ORDERS)).extracting(ConsumerState::name).containsExactly("comes", "stays");
        assertThat(consumers.list(ORDERS)).extracting(ConsumerState::status).containsOnly(Status.ACTIVE);
        assertThat(consumers.get(ORDERS, "comes").arn()).isEqualTo(arn);
        assertThat(consumers.get(ORDERS, "stays").tags()).containsExactly(Map.entry("k", "v"));
    }

    @Test
    void aStreamTakesItsConsumersAlongOnlyIfThatIsMeant() {
        register("a");
        assertThatThrownBy(() -> rig.await(rig.streams().delete(ORDERS, false)))
                .isInstanceOf(StreamException.class)
                .hasMessageContaining("1 registered consumers");
        rig.await(rig.streams().delete(ORDERS, true));
        assertThat(consumers.get(ORDERS, "a").status()).isEqualTo(Status.DELETING);
        rig.run(TRANSITION);
        open(rig.disk.crashed(new SplittableRandom(1)));
        rig.await(rig.streams().create(ORDERS, 1));
        rig.run(TRANSITION);
        assertThat(consumers.list(ORDERS)).isEmpty();
    }

    @Test
    void anEntryOfTheFirstVersionHasNoPolicy() {
        byte[] bytes =
                ConsumerEntry.create("name", 5, Map.of("a", "b")).encode().toByteArray();
        bytes[0] = 1;
        ConsumerEntry former = ConsumerEntry.decode(Bytes.wrap(Arrays.copyOf(bytes, bytes.length - 2)));
        assertThat(former).isEqualTo(ConsumerEntry.create("name", 5, Map.of("a", "b")));
    }

    @Test
    void anyBytesAreAnEntryOrRefused() {
        SplittableRandom random = new SplittableRandom(7);
        byte[] good = ConsumerEntry.create("name", 5, Map.of("a", "b", "c", ""))
                .withPolicy("{}")
                .encode()
                .toByteArray();
        assertThat(ConsumerEntry.decode(Bytes.wrap(good)).tags()).containsEntry("a", "b");
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 3));
            try {
                assertThat(ConsumerEntry.decode(Bytes.wrap(bytes)).name()).isNotNull();
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("consumer");
            }
        }
    }

    private ConsumerState register(String name) {
        return rig.await(consumers.register(ORDERS, name, Map.of()));
    }
}
