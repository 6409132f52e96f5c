/**
 * Puts records into a stream: asynchronously, many in one request, packed into aggregates where that is allowed, and again where
 * the service refuses some. One thread owns all that waits; senders hand records over without a lock while there is room. Start
 * here: {@link io.millrace.producer.Producer}.
 */
@NullMarked
package io.millrace.producer;

import org.jspecify.annotations.NullMarked;
