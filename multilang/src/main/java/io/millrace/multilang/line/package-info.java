/**
 * The line protocol between a daemon and the child processes in which record processors of other languages run, as Amazon's
 * MultiLangDaemon speaks it: one JSON object a line. Messages are values; {@link io.millrace.multilang.line.LineEncoder} writes
 * exactly the bytes that Amazon's daemon writes, in ASCII alone, and {@link io.millrace.multilang.line.LineDecoder} bears whatever
 * that daemon bears. No process, clock or thread here.
 */
@NullMarked
package io.millrace.multilang.line;

import org.jspecify.annotations.NullMarked;
