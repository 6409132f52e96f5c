/**
 * A job that reads a stream with the Flink connector for Kinesis; the system tests run it as a process of its own, a whole
 * small cluster with one task. Flink calls the connector, and the connector the schema, from threads of theirs. Start here:
 * {@code FlinkJob}.
 */
@NullMarked
package io.millrace.clients.flink;

import org.jspecify.annotations.NullMarked;
