/**
 * Fleets of real processes to which all that may happen is done while they work, and a judge of what they tell. Workers in Java, and
 * daemons with children of other languages. Start here: {@link io.millrace.systemtests.chaos.ChaosTest}.
 */
@NullMarked
package io.millrace.systemtests.chaos;

import org.jspecify.annotations.NullMarked;
