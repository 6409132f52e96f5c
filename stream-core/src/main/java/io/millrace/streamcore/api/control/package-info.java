/**
 * Streams and what is set about them: made, described, listed, resharded, deleted. One class an operation, stateless and
 * safe for any thread; the rules are those of {@code stream}, the words are the API's. Start here:
 * {@link io.millrace.streamcore.api.control.ControlOperations}.
 */
@NullMarked
package io.millrace.streamcore.api.control;

import org.jspecify.annotations.NullMarked;
