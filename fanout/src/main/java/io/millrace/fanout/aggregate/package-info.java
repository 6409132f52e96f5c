/**
 * User records out of the stored records in which the Kinesis Producer Library packs many. Pure functions: sources call them on
 * what a read or a pipe has brought, before it comes to the worker's loop. Everything above the sources sees user records, and
 * compares their positions by sequence number and place within the aggregate.
 */
@NullMarked
package io.millrace.fanout.aggregate;

import org.jspecify.annotations.NullMarked;
