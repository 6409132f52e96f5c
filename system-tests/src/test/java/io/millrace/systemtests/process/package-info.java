/**
 * The command run for real, as users run it: servers and workers as processes of their own on loopback, some of them
 * killed at the worst moment. Threads of a test only wait on lines, acknowledgements and exits. Start here:
 * {@link io.millrace.systemtests.process.DurabilityTest}.
 */
@NullMarked
package io.millrace.systemtests.process;

import org.jspecify.annotations.NullMarked;
