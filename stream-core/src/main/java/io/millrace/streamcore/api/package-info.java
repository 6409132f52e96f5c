/**
 * The operations of the API, from a request's headers and body to an answer, without a thought of sockets: which checks
 * come in which order, what every operation takes, and what the service would say. All of it is safe for any thread and
 * never blocks; a request is handled on the thread that brings it and answered on the thread that completes it. Start
 * here: {@link io.millrace.streamcore.api.KinesisApi}, then {@code OperationTable}.
 */
@NullMarked
package io.millrace.streamcore.api;

import org.jspecify.annotations.NullMarked;
