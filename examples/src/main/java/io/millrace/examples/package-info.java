/**
 * Small complete applications, one file each, that show how a record processor is written. Each has a {@code main} that
 * runs against whatever the AWS environment variables name. Start here: {@link io.millrace.examples.StatusCounter}.
 */
@NullMarked
package io.millrace.examples;

import org.jspecify.annotations.NullMarked;
