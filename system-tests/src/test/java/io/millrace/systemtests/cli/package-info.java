/**
 * The {@code millrace} command as its users meet it: real child processes, their output and their exit codes. Each test
 * class owns its processes and its temporary folder. Start here: {@link io.millrace.systemtests.cli.CommandRun}.
 */
@NullMarked
package io.millrace.systemtests.cli;

import org.jspecify.annotations.NullMarked;
