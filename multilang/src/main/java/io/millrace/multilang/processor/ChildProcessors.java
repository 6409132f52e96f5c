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

    /** Processors of {@code children}. */
    public ChildProcessors(Children children) {
        this.children = requireNonNull(children, "children");
    }

    @Override
    public AsyncRecordProcessor get() {
        return new ChildProcessor(children);
    }
}
