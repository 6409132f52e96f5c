/**
 * The stream server as one thing to start and to stop: storage, operations and sockets, wired together. Closing is the
 * reverse of starting: sockets drain first, storage is last. Start here: {@link io.millrace.streamcore.StreamServer}.
 */
@NullMarked
package io.millrace.streamcore;

import org.jspecify.annotations.NullMarked;
