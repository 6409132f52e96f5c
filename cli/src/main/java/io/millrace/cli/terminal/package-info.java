/**
 * What every command needs: where the services are, how output and errors look, and how a command fails. Each object
 * says which threads may use it. Start here: {@link io.millrace.cli.terminal.Terminal} for output,
 * {@link io.millrace.cli.terminal.AwsAccess} for clients, {@link io.millrace.cli.terminal.ErrorLine} for errors.
 */
@NullMarked
package io.millrace.cli.terminal;

import org.jspecify.annotations.NullMarked;
