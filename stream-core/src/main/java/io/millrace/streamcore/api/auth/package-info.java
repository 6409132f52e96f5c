/**
 * Who asks: the form of a request's authorization. Stateless and safe for any thread. Start here:
 * {@link io.millrace.streamcore.api.auth.AuthForm}.
 */
@NullMarked
package io.millrace.streamcore.api.auth;

import org.jspecify.annotations.NullMarked;
