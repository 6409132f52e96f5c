package io.millrace.streamcore;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** One SubscribeToShard call of the SDK's client, and what it received. */
final class SdkPipe {
    private static final int TIMEOUT_SECONDS = 30;

    private final BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>();
    private final CompletableFuture<Void> ended;
    private volatile String lastContinuation = "";

    SdkPipe(KinesisAsyncClient client, String consumerArn, String shard, Consumer<StartingPosition.Builder> from) {
        SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
                .onResponse(response -> started.complete(null))
                .onError(error -> {})
                .subscriber(event -> events.add((SubscribeToShardEvent) event))
                .build();
        this.ended = client.subscribeToShard(
                b -> b.consumerARN(consumerArn).shardId(shard).startingPosition(from), handler);
        var unused = ended.whenComplete((ok, error) -> {
            if (error != null) {
                started.completeExceptionally(error);
            }
        });
    }

    /** A call whose answer nobody reads but for its first event: completes when it is let in. */
    static CompletableFuture<Void> unread(KinesisAsyncClient client, String consumerArn, String shard) {
        CompletableFuture<Void> started = new CompletableFuture<>();
        SubscribeToShardResponseHandler handler = SubscribeToShardResponseHandler.builder()
                .onResponse(response -> started.complete(null))
                .onError(started::completeExceptionally)
                .onEventStream(events -> events.subscribe(new Subscriber<>() {
                    @Override
                    public void onSubscribe(Subscription subscription) {
                        subscription.request(1);
                    }

                    @Override
                    public void onNext(SubscribeToShardEventStream event) {}

                    @Override
                    public void onError(Throwable error) {}

                    @Override
                    public void onComplete() {}
                }))
                .build();
        var unused = client.subscribeToShard(
                b -> b.consumerARN(consumerArn)
                        .shardId(shard)
                        .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
                handler);
        return started;
    }

    /** Waits until the server has let it in. */
    SdkPipe awaitStart() throws Exception {
        started.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return this;
    }

    SubscribeToShardEvent next() throws InterruptedException {
        SubscribeToShardEvent event = events.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        assertThat(event).as("an event within %s s", TIMEOUT_SECONDS).isNotNull();
        if (event.continuationSequenceNumber() != null) {
            lastContinuation = event.continuationSequenceNumber();
        }
        return event;
    }

    /** So many records, in the order they came; no event holds more. */
    List<String> read(int count) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        while (texts.size() < count) {
            texts.addAll(texts(next()));
        }
        assertThat(texts).hasSize(count);
        return texts;
    }

    /** The records before the one with this text. */
    List<String> readUntil(String text) throws InterruptedException {
        List<String> texts = new ArrayList<>();
        while (!texts.contains(text)) {
            texts.addAll(texts(next()));
        }
        assertThat(texts).endsWith(text);
        return texts.subList(0, texts.size() - 1);
    }

    /** All records to the shard's end, and the children named there. */
    List<String> readToEnd(List<String> children) throws Exception {
        List<String> texts = new ArrayList<>();
        while (true) {
            SubscribeToShardEvent event = next();
            texts.addAll(texts(event));
            if (event.continuationSequenceNumber() == null) {
                event.childShards().forEach(child -> {
                    assertThat(child.parentShards()).isNotEmpty();
                    assertThat(child.hashKeyRange()).isNotNull();
                    children.add(child.shardId());
                });
                ended.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                assertThat(events).isEmpty();
                return texts;
            }
            assertThat(event.childShards()).isEmpty();
        }
    }

    String continuation() {
        return lastContinuation;
    }

    /** Waits for a clean end. */
    void awaitEnd() throws Exception {
        ended.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Waits for an end that is none of the good ones. */
    Throwable awaitFailure() throws Exception {
        try {
            ended.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            return requireNonNull(e.getCause());
        }
        throw new AssertionError("the pipe ended cleanly");
    }

    void cancel() {
        ended.cancel(true);
    }

    static List<String> texts(SubscribeToShardEvent event) {
        return event.records().stream()
                .map(Record::data)
                .map(data -> data.asUtf8String())
                .toList();
    }
}
