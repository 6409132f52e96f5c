/**
 * The server's sockets: one port that tells TLS from plain and HTTP/2 from HTTP/1.1 by what the client sends, and turns
 * whole requests into calls of {@code api}. A connection's objects belong to its Netty event loop; answers that complete
 * elsewhere come back to it as tasks. Netty stays in this package. Start here:
 * {@link io.millrace.streamcore.http.HttpServer}, then {@code ProtocolSniffer} and {@code RequestHandler}.
 */
@NullMarked
package io.millrace.streamcore.http;

import org.jspecify.annotations.NullMarked;
