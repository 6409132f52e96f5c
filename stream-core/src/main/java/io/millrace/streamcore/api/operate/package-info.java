/**
 * What operators see and set beside the API's operations: whether the server is well, what it counts, and the pages that
 * say so. Everything here is safe for any thread and never blocks. Start here:
 * {@link io.millrace.streamcore.api.operate.OperatorPages}.
 */
@NullMarked
package io.millrace.streamcore.api.operate;

import org.jspecify.annotations.NullMarked;
