/**
 * The acting part of lease coordination: reads the table, asks {@code decide} what follows, writes, and
 * tells the consumer. Everything mutable belongs to the one event loop of its coordinator; other threads only send it
 * messages. Start here: {@link io.millrace.lease.coordinator.LeaseCoordinator}, then {@code WorkerSession}, one life of a
 * worker between joining and being lost.
 */
@NullMarked
package io.millrace.lease.coordinator;

import org.jspecify.annotations.NullMarked;
