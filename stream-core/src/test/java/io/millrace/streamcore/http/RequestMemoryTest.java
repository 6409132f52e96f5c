package io.millrace.streamcore.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The shares of memory, by arithmetic. */
class RequestMemoryTest {
    private static final long LIMIT = 1_600;

    private final List<Channel> closed = new ArrayList<>();
    private final List<EmbeddedChannel> channels = new ArrayList<>();
    private final RequestMemory memory =
            new RequestMemory(HttpLimits.DEFAULT.withMemory(LIMIT).withHalfForStrangers(), closed::add);

    @AfterEach
    void stop() {
        channels.forEach(EmbeddedChannel::finishAndReleaseAll);
    }

    private RequestMemory.Share share() {
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        channels.add(channel);
        return memory.of(channel);
    }

    private EmbeddedChannel last() {
        return channels.get(channels.size() - 1);
    }

    @Test
    void aConnectionHasOneShare() {
        RequestMemory.Share share = share();
        assertThat(memory.of(last())).isSameAs(share);
    }

    @Test
    void strangersHaveHalfAndKnownConnectionsAll() {
        RequestMemory.Share stranger = share();
        RequestMemory.Share known = share();
        known.becomesKnown();
        assertThat(stranger.take(LIMIT / 2 + 1)).isFalse();
        assertThat(stranger.take(500)).isTrue();
        assertThat(known.take(LIMIT - 500)).isTrue();
        assertThat(known.take(1)).isFalse();
        assertThat(stranger.take(1)).isFalse();
        assertThat(memory.held()).isEqualTo(LIMIT);
        known.give(LIMIT - 500);
        stranger.give(500);
        assertThat(memory.held()).isZero();
        assertThat(stranger.take(LIMIT / 2))
                .as("it was given back on both counts")
                .isTrue();
    }

    @Test
    void whatAConnectionHoldsWhenItBecomesKnownIsNoStrangersAnyMore() {
        RequestMemory.Share share = share();
        assertThat(share.take(500)).isTrue();
        share.becomesKnown();
        share.becomesKnown();
        assertThat(share().take(LIMIT / 2)).isTrue();
        share.give(500);
        assertThat(memory.held()).isEqualTo(LIMIT / 2);
    }

    @Test
    void whatIsRefusedCountsNowhere() {
        RequestMemory.Share stranger = share();
        RequestMemory.Share known = share();
        known.becomesKnown();
        assertThat(known.take(LIMIT)).isTrue();
        assertThat(stranger.take(100)).isFalse();
        known.give(LIMIT);
        assertThat(stranger.take(LIMIT / 2)).isTrue();
    }

    @Test
    void whenStrangersHoldMuchThoseWhoHoldMostAreClosedAndNobodyWhoIsKnown() {
        RequestMemory.Share known = share();
        known.becomesKnown();
        assertThat(known.take(700)).isTrue();
        RequestMemory.Share modest = share();
        assertThat(modest.take(50)).isTrue();
        RequestMemory.Share greedy = share();
        EmbeddedChannel greedyConnection = last();
        assertThat(greedy.take(550)).isTrue();
        assertThat(closed).isEmpty();
        assertThat(modest.take(10)).as("there is room still").isTrue();
        assertThat(closed).containsExactly(greedyConnection);
        assertThat(greedyConnection.isOpen()).isFalse();
        assertThat(modest.take(10)).isTrue();
        assertThat(closed).as("what is closing is on its way back").hasSize(1);
        greedy.give(550);
        assertThat(memory.held()).isEqualTo(770);
    }

    @Test
    void whoHoldsLittleDoesNotWaitForTheEndOfThoseWhoHoldMost() {
        RequestMemory.Share greedy = share();
        EmbeddedChannel greedyConnection = last();
        assertThat(greedy.take(LIMIT / 2)).isTrue();
        RequestMemory.Share modest = share();
        assertThat(modest.take(10))
                .as("the greedy one has given nothing back yet")
                .isTrue();
        assertThat(closed).containsExactly(greedyConnection);
        assertThat(greedy.take(10)).as("it gets no more").isFalse();
        greedy.give(LIMIT / 2);
        assertThat(memory.held()).isEqualTo(10);
    }

    @Test
    void largeAnswersWaitUpToTheLimitAndSmallOnesAlways() {
        RequestMemory large = new RequestMemory(HttpLimits.DEFAULT.withMemory(200_000), closed::add);
        assertThat(large.mayWait(150_000)).isTrue();
        assertThat(large.mayWait(100_000)).isFalse();
        assertThat(large.answers()).isEqualTo(150_000);
        assertThat(large.mayWait(60_000)).isTrue();
        large.answerTaken(150_000);
        assertThat(large.mayWait(100_000)).isTrue();
        large.answerTaken(160_000);
        assertThat(large.answers()).isZero();
    }

    @Test
    void whereAllMayHoldAllNobodyIsAStranger() {
        RequestMemory open = new RequestMemory(HttpLimits.DEFAULT.withMemory(LIMIT), closed::add);
        EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
        channels.add(channel);
        assertThat(open.of(channel).take(LIMIT)).isTrue();
        assertThat(open.of(channel).take(1)).isFalse();
        assertThat(closed).isEmpty();
    }

    @Test
    void aLimitLetsSomethingThrough() {
        assertThatThrownBy(() -> HttpLimits.DEFAULT.withMemory(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(HttpLimits.DEFAULT.memory()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
    }
}
