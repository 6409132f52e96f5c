/**
 * Who asks and what they may do: signatures (Signature Version 4), keys and their grants from a file, replays. Everything
 * is safe for any thread; the file is read again on an event loop. Start here: {@link io.millrace.streamcore.api.auth.AccessGate},
 * then {@code SignatureVerifier}.
 */
@NullMarked
package io.millrace.streamcore.api.auth;

import org.jspecify.annotations.NullMarked;
