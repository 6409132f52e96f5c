/**
 * What streams share with the rooms around them: whoever hears what happens in them, and which limits hold. Small
 * interfaces that are told on hot paths, so they only count; safe for any thread. Start here:
 * {@link io.millrace.streamcore.stream.watch.StreamsContext}.
 */
@NullMarked
package io.millrace.streamcore.stream.watch;

import org.jspecify.annotations.NullMarked;
