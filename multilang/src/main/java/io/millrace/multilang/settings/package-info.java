/**
 * The .properties file of a daemon: every key that Amazon's daemon knows, what it means here, and settings as values. Pure functions;
 * what is wrong ends in one line that names the key and where it stands. Start here:
 * {@link io.millrace.multilang.settings.DaemonSettings}.
 */
@NullMarked
package io.millrace.multilang.settings;

import org.jspecify.annotations.NullMarked;
