/**
 * A sender of the Kinesis Producer Library for the benchmark of producers, with a class path of its own. Start here: {@link
 * io.millrace.benchmarks.kpl.KplSender}.
 */
@NullMarked
package io.millrace.benchmarks.kpl;

import org.jspecify.annotations.NullMarked;
