package io.millrace.multilang;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.consumer.Worker;
import io.millrace.consumer.WorkerBuilder;
import io.millrace.consumer.delivery.CheckpointMode;
import io.millrace.consumer.delivery.FailurePolicy;
import io.millrace.consumer.letters.Letter;
import io.millrace.consumer.letters.LetterSink;
import io.millrace.consumer.mapping.EventSourceMapping;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import io.millrace.multilang.child.ChildCommand;
import io.millrace.multilang.child.ChildLimits;
import io.millrace.multilang.child.ChildListener;
import io.millrace.multilang.child.ChildName;
import io.millrace.multilang.child.Children;
import io.millrace.multilang.lambda.LambdaFunctions;
import io.millrace.multilang.lambda.LambdaProgram;
import io.millrace.multilang.processor.ChildProcessors;
import io.millrace.multilang.settings.DaemonSettings;
import io.millrace.multilang.settings.FailureDestination;
import io.millrace.multilang.settings.LambdaChoice;
import io.millrace.multilang.settings.SettingsException;
import io.millrace.runtime.Platform;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The children of one worker. Make it, build a worker from {@link #worker()}, run that, and close first the worker and then this.
 *
 * <pre>{@code
 * try (MultilangDaemon daemon = new MultilangDaemon(settings, sinks, ChildListener.NONE, platform);
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
    private final @Nullable Handler handler;
    private final Function<FailureDestination, LetterSink> sinks;

    /**
     * The parts of a daemon whose children run a function in the manner of AWS Lambda.
     *
     * @param program the command of the children
     * @param names stand in its events
     * @param mapping the options of the settings, with their destination
     */
    private record Handler(LambdaProgram program, FunctionNames names, EventSourceMapping mapping) {}

    /**
     * A daemon without children yet, which speak the protocol themselves.
     *
     * @param sinks makes the sink of the settings' destination of letters, if they have one, when a worker is built
     * @param listener is told how children get on
     * @throws SettingsException if the program of the children is not there
     */
    public MultilangDaemon(
            DaemonSettings settings,
            Function<FailureDestination, LetterSink> sinks,
            ChildListener listener,
            Platform platform) {
        this(settings, sinks, listener, new CompositeMeterRegistry(), platform);
    }

    /**
     * A daemon without children yet, which speak the protocol themselves and whose figures go to {@code registry}; give it to
     * {@link #worker()} as well.
     *
     * @param sinks makes the sink of the settings' destination of letters, if they have one, when a worker is built
     * @param listener is told how children get on
     * @throws SettingsException if the program of the children is not there
     */
    public MultilangDaemon(
            DaemonSettings settings,
            Function<FailureDestination, LetterSink> sinks,
            ChildListener listener,
            MeterRegistry registry,
            Platform platform) {
        this(settings, null, sinks, found(settings), metered(registry, settings, listener), platform);
    }

    private MultilangDaemon(
            DaemonSettings settings,
            @Nullable Handler handler,
            Function<FailureDestination, LetterSink> sinks,
            ChildCommand command,
            ChildListener listener,
            Platform platform) {
        this.settings = requireNonNull(settings, "settings");
        this.handler = handler;
        this.sinks = requireNonNull(sinks, "sinks");
        this.listener = listener;
        this.children = Children.of(command, limits(settings), listener, platform);
    }

    /** As below, with figures that go nowhere. */
    public static MultilangDaemon ofFunction(
            DaemonSettings settings,
            Map<StreamName, StreamArn> streams,
            BiFunction<FailureDestination, FunctionNames, LetterSink> sinks,
            ChildListener listener,
            Platform platform) {
        return ofFunction(settings, streams, sinks, listener, new CompositeMeterRegistry(), platform);
    }

    /**
     * A daemon without children yet, which run the function of the settings. Its handler is loaded once, to see that it can be.
     *
     * @param streams the ARNs of all streams of the settings, by the names that a worker may know them by
     * @param sinks makes the sink of the settings' destination of what is given up, if they have one; the daemon closes it
     * @param listener is told how children get on
     * @param registry gets the figures; give it to {@link #worker()} as well
     * @throws SettingsException if the handler or its interpreter is not there, or it cannot be loaded
     */
    public static MultilangDaemon ofFunction(
            DaemonSettings settings,
            Map<StreamName, StreamArn> streams,
            BiFunction<FailureDestination, FunctionNames, LetterSink> sinks,
            ChildListener listener,
            MeterRegistry registry,
            Platform platform) {
        LambdaChoice choice = requireNonNull(settings.lambdaOrNull(), "the settings name no handler");
        ChildListener metered = metered(registry, settings, listener);
        FunctionNames names = FunctionNames.of(choice.functionName(), streams);
        FailureDestination onFailure = choice.onFailureOrNull();
        EventSourceMapping mapping = onFailure == null
                ? choice.mapping()
                : choice.mapping().withOnFailure(watched(sinks.apply(onFailure, names), metered));
        String region = streams.values().iterator().next().region();
        LambdaProgram program = LambdaProgram.find(choice, settings.command(), settings.application(), names, region);
        return new MultilangDaemon(
                settings,
                new Handler(program, names, mapping),
                destination -> sinks.apply(destination, names),
                program.command(),
                metered,
                platform);
    }

    private static ChildListener metered(MeterRegistry registry, DaemonSettings settings, ChildListener listener) {
        return new ChildMeters(
                requireNonNull(registry, "registry"), settings.application(), requireNonNull(listener, "listener"));
    }

    private static ChildCommand found(DaemonSettings settings) {
        String program = settings.command().get(0);
        String path = System.getenv().getOrDefault("PATH", "");
        if (ChildCommand.find(program, path).isEmpty()) {
            throw new SettingsException("executableName names a program that is not there, or may not be run: '"
                    + program + "'; "
                    + (program.indexOf('/') < 0 ? "no folder of PATH has it" : "check its path and its permissions"));
        }
        return new ChildCommand(settings.command(), settings.application(), Map.of(), settings.shardsPerProcess());
    }

    private static ChildLimits limits(DaemonSettings settings) {
        ChildLimits limits = settings.limits();
        LambdaChoice lambda = settings.lambdaOrNull();
        return lambda == null
                ? limits
                : new ChildLimits(limits.start(), lambda.timeout(), limits.exit(), limits.afterLoss());
    }

    /** A worker as the settings have it, to which clients and a listener may be added. */
    public WorkerBuilder worker() {
        WorkerBuilder builder =
                Worker.builder().application(settings.application()).initialPosition(settings.from());
        Handler lambda = handler;
        if (lambda == null) {
            builder.asyncProcessor(
                            new ChildProcessors(children, settings.failures().then() != FailurePolicy.Then.RETRY))
                    .checkpoints(CheckpointMode.MANUAL)
                    .onFailure(settings.failures().policy(to -> watched(sinks.apply(to), listener)))
                    .maxRecordsPerBatch(settings.worker().maxRecords())
                    .emptyBatches(settings.worker().isEmptyWanted());
        } else {
            builder.function(
                    lambda.mapping,
                    new LambdaFunctions(children, lambda.names, lambda.mapping.reportBatchItemFailures()));
        }
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
    private static LetterSink watched(LetterSink sink, ChildListener listener) {
        return new LetterSink() {
            @Override
            public void write(List<Letter> letters) throws Exception {
                write(letters, Reason.FAILED);
            }

            @Override
            public void write(List<Letter> letters, Reason reason) throws Exception {
                sink.write(letters, reason);
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
        if (handler != null) {
            handler.program.close();
        }
    }
}
