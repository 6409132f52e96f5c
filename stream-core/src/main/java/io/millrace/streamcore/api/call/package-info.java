/**
 * What every operation builds on: a request and the answer to it, the errors of the API, whose streams are meant, the
 * seal of tokens. Everything is immutable or safe for any thread. Start here:
 * {@link io.millrace.streamcore.api.call.Operation}.
 */
@NullMarked
package io.millrace.streamcore.api.call;

import org.jspecify.annotations.NullMarked;
