/**
 * What the server counts, under which names: the one place that knows the metrics library. The rooms tell their probes,
 * small interfaces of their own; here those become meters. Everything is safe for any thread. Start here:
 * {@link io.millrace.streamcore.metrics.ServerMetrics}.
 */
@NullMarked
package io.millrace.streamcore.metrics;

import org.jspecify.annotations.NullMarked;
