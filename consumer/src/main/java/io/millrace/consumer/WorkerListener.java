package io.millrace.consumer;

/** Is told what happens to a worker. Called on the worker's event loop, one call at a time; must not block. */
@FunctionalInterface
public interface WorkerListener {
    /** Takes the next event. What it throws is logged and otherwise ignored. */
    void onEvent(WorkerEvent event);
}
