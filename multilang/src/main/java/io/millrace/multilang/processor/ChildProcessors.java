package io.millrace.multilang.processor;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.processor.AsyncRecordProcessor;
import io.millrace.multilang.child.Children;
import java.util.function.Supplier;

/**
 * Makes processors whose work children do, for {@code WorkerBuilder.asyncProcessor}. The worker must have manual checkpoints: only
 * the children say what is processed. Safe for any thread.
 */
public final class ChildProcessors implements Supplier<AsyncRecordProcessor> {
    private final Children children;
    private final PolicyWarning warning;

    /**
     * Processors of {@code children}.
     *
     * @param isGivingUp true if the worker's failure policy ever gives records up, so that a shard where it cannot is warned of
     */
    public ChildProcessors(Children children, boolean isGivingUp) {
        this.children = requireNonNull(children, "children");
        this.warning = new PolicyWarning(isGivingUp);
    }

    @Override
    public AsyncRecordProcessor get() {
        return new ChildProcessor(children, warning);
    }
}
