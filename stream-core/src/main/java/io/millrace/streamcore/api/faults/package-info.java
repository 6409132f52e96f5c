/**
 * Faults on purpose, so that the authors of clients can test what theirs do when the service throttles, fails or is slow.
 * All of it is safe for any thread; delays come from an event loop, nothing blocks. Start here:
 * {@link io.millrace.streamcore.api.faults.FaultPlan}, which reads what was asked for.
 */
@NullMarked
package io.millrace.streamcore.api.faults;

import org.jspecify.annotations.NullMarked;
