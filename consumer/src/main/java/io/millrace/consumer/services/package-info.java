/**
 * Where a worker runs and which services it speaks to, in words for people: the name of its machine, and the endpoint of a client
 * with the setting that it came from. Reads settings and keeps no state. Safe for any thread.
 */
@NullMarked
package io.millrace.consumer.services;

import org.jspecify.annotations.NullMarked;
