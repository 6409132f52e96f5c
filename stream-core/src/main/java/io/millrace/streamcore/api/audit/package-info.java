/**
 * Writes down who did what to streams and who was refused, one JSON line each, in two files. Lines come from any thread and are written
 * by an event loop of their own. Start here: {@link io.millrace.streamcore.api.audit.AuditFiles}.
 */
@NullMarked
package io.millrace.streamcore.api.audit;

import org.jspecify.annotations.NullMarked;
