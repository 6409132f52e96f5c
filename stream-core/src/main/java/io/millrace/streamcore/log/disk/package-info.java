/**
 * The engine that keeps logs and catalog in local files: one append-only log for each stream, written by one thread with
 * group commit, checksummed, indexed, and recovered after a crash. What changes belongs to a writer's loop; what it
 * published is for any thread. Start here: {@link io.millrace.streamcore.log.disk.DiskLogEngine}, then
 * {@link io.millrace.streamcore.log.disk.LogWriter} for how a batch is written.
 */
@NullMarked
package io.millrace.streamcore.log.disk;

import org.jspecify.annotations.NullMarked;
