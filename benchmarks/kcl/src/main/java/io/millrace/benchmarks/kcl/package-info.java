/**
 * A worker of the Kinesis Client Library that counts records for the delivery benchmark. It runs in a process of its own on the
 * library's own class path. The library's threads call the processors; the tally is safe for all of them.
 */
@NullMarked
package io.millrace.benchmarks.kcl;

import org.jspecify.annotations.NullMarked;
