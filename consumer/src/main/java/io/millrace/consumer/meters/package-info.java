/**
 * The user's meter registry as one worker sees it: all meters carry the application's name, gauges of several workers in one
 * registry stay apart, and what the registry throws goes no further. Safe for any thread. Start here:
 * {@link io.millrace.consumer.meters.WorkerRegistry}.
 */
@NullMarked
package io.millrace.consumer.meters;

import org.jspecify.annotations.NullMarked;
