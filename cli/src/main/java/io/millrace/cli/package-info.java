/**
 * The {@code millrace} command: one class per subcommand, which reads its flags, calls the rooms of the house and prints.
 * A command runs on the main thread; what it shares with others it says. Start here: {@link io.millrace.cli.Millrace}.
 */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
