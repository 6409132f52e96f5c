package io.millrace.multilang;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.multilang.child.ChildCommand;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import io.millrace.multilang.child.Children;
import io.millrace.multilang.processor.ChildProcessors;
import io.millrace.multilang.settings.DaemonSettings;
import io.millrace.multilang.settings.SettingsException;
import io.millrace.runtime.Platform;
import java.util.List;

/**
 * The children of one worker. Make it, build a worker from {@link #worker()}, run that, and close first the worker and then this.
 *
 * <pre>{@code
 * try (MultilangDaemon daemon = new MultilangDaemon(settings, ChildListener.NONE, platform);
 *         Worker worker = daemon.worker().build()) {
 *     worker.run();
 * }
 * }</pre>
 *
 * <p>Safe for any thread.
 */
public final class MultilangDaemon implements AutoCloseable {
    private final DaemonSettings settings;
    private final ChildListener listener;
    private final Children children;

    /**
     * A daemon without children yet.
     *
     * @param listener is told how children get on
     * @throws SettingsException if the program of the children is not there
     */
    public MultilangDaemon(DaemonSettings settings, ChildListener listener, Platform platform) {
        this.settings = requireNonNull(settings, "settings");
        this.listener = requireNonNull(listener, "listener");
        String program = settings.command().get(0);
        String path = System.getenv().getOrDefault("PATH", "");
        if (ChildCommand.find(program, path).isEmpty()) {
            throw new SettingsException("executableName names a program that is not there, or may not be run: '"
                    + program + "'; "
                    + (program.indexOf('/') < 0 ? "no folder of PATH has it" : "check its path and its permissions"));
        }
        this.children = Children.of(
                new ChildCommand(settings.command(), settings.application()), settings.limits(), listener, platform);
    }

    /** A worker as the settings have it, to which clients and a listener may be added. */
    public WorkerBuilder worker() {
        WorkerBuilder builder = Worker.builder()
                .application(settings.application())
                .asyncProcessor(
                        new ChildProcessors(children, settings.failures().then() != FailurePolicy.Then.RETRY))
                .checkpoints(CheckpointMode.MANUAL)
                .onFailure(settings.failures().policy(this::watched))
                .initialPosition(settings.from())
                .maxRecordsPerBatch(settings.worker().maxRecords())
                .emptyBatches(settings.worker().isEmptyWanted());
        settings.streams().forEach(builder::stream);
        choose(builder, settings.worker());
        DaemonSettings.Retrieval retrieval = settings.retrieval();
        if (retrieval.isFanOut()) {
            String consumer = retrieval.consumerOrNull();
            return consumer == null ? builder.fanOut() : builder.fanOut(consumer);
        }
        return builder;
    }

    /** A sink that tells of what {@code sink} has stored. */
    private LetterSink watched(LetterSink sink) {
        return new LetterSink() {
            @Override
            public void write(List<Letter> letters) throws Exception {
                sink.write(letters);
                Letter first = letters.get(0);
                listener.lettersWritten(new ChildName(first.stream(), first.shard()), letters.size());
            }

            @Override
            public void close() {
                sink.close();
            }
        };
    }

    private static void choose(WorkerBuilder builder, DaemonSettings.WorkerChoices choices) {
        if (choices.nameOrNull() != null) {
            builder.workerName(choices.nameOrNull());
        }
        if (choices.tableOrNull() != null) {
            builder.table(choices.tableOrNull());
        }
        if (choices.failoverTimeOrNull() != null) {
            builder.failoverTime(choices.failoverTimeOrNull());
        }
        if (choices.idleTimeOrNull() != null) {
            builder.idleTimeBetweenReads(choices.idleTimeOrNull());
        }
        if (choices.stuckAfterOrNull() != null) {
            builder.stuckAfter(choices.stuckAfterOrNull());
        }
        if (choices.maxLeasesOrNull() != null) {
            builder.maxLeases(choices.maxLeasesOrNull());
        }
    }

    /** Ends the children that are left, and waits until they are gone. */
    @Override
    public void close() {
        children.close();
    }
}
