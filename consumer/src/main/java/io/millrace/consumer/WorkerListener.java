package io.millrace.consumer;

/**
 * Is told what happens to a worker. Called on the worker's event loop, one call at a time; must not block. A worker whose
 * loop is blocked for 80 % of the failover time loses its shards to others.
 */
@FunctionalInterface
public interface WorkerListener {
    /** Takes the next event. An exception or error that it throws is logged, and the worker goes on. */
    void onEvent(WorkerEvent event);
}
