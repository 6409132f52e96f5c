/**
 * Records: put, found by an iterator, read. One class an operation, stateless and safe for any thread; this is the hot
 * path, which copies a record's bytes as seldom as it can. Start here:
 * {@link io.millrace.streamcore.api.data.DataOperations}.
 */
@NullMarked
package io.millrace.streamcore.api.data;

import org.jspecify.annotations.NullMarked;
