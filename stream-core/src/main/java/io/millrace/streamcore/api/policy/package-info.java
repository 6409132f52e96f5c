/**
 * Resource policies: what the owner of a stream or a consumer lets, or does not let, whom do with it. Values without
 * threads; {@link io.millrace.streamcore.api.policy.ResourcePolicies} remembers what it read and is safe for any thread.
 * Start here: {@link io.millrace.streamcore.api.policy.ResourcePolicy}.
 */
@NullMarked
package io.millrace.streamcore.api.policy;

import org.jspecify.annotations.NullMarked;
