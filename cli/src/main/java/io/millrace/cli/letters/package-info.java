/**
 * {@code millrace letters}: shows dead letters and puts their records back, wherever a sink of the worker keeps them: in a file,
 * a stream or a queue. Commands only; each has its thread for itself. Start here:
 * {@link io.millrace.cli.letters.LettersCommand}.
 */
@NullMarked
package io.millrace.cli.letters;

import org.jspecify.annotations.NullMarked;
