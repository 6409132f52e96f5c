/**
 * Functions in the manner of AWS Lambda, unmodified, each in a child: {@link io.millrace.multilang.lambda.LambdaProgram} finds the
 * handler and its interpreter, and {@link io.millrace.multilang.lambda.LambdaFunctions} makes functions for the consumer's event source
 * mapping. The children run shims that stand in the packages for Python and Node.js and come with the daemon.
 */
@NullMarked
package io.millrace.multilang.lambda;

import org.jspecify.annotations.NullMarked;
