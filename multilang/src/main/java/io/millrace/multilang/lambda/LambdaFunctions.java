package io.millrace.multilang.lambda;

import static java.util.Objects.requireNonNull;

import io.millrace.consumer.mapping.BatchFunction;
import io.millrace.consumer.mapping.FunctionNames;
import io.millrace.multilang.child.Children;
import java.util.function.Supplier;

/** Makes functions that run in children, one each, for {@code WorkerBuilder.function}. Safe for any thread. */
public final class LambdaFunctions implements Supplier<BatchFunction> {
    private final Children children;
    private final FunctionNames names;
    private final boolean isReporting;

    /**
     * Functions of {@code children}.
     *
     * @param names stand in their events
     * @param isReporting true if their mapping reports failures of single records
     */
    public LambdaFunctions(Children children, FunctionNames names, boolean isReporting) {
        this.children = requireNonNull(children, "children");
        this.names = requireNonNull(names, "names");
        this.isReporting = isReporting;
    }

    @Override
    public BatchFunction get() {
        return new LambdaFunction(children, names, isReporting);
    }
}
