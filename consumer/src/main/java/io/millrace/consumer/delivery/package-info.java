/**
 * How records reach processors: the size of batches, the number of lanes, when progress is saved, and what becomes of records
 * that cannot be processed. Values only; the {@code shard} package acts on them.
 */
@NullMarked
package io.millrace.consumer.delivery;

import org.jspecify.annotations.NullMarked;
