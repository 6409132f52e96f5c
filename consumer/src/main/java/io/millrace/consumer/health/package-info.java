/**
 * How a worker is, and what each of its shards is doing, for users, tools and health checks. Values without a life of their own.
 * Safe for any thread. Start here: {@link io.millrace.consumer.health.WorkerHealth}.
 */
@NullMarked
package io.millrace.consumer.health;

import org.jspecify.annotations.NullMarked;
