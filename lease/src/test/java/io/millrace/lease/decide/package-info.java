/** Tests of this package. */
@NullMarked
package io.millrace.lease.decide;

import org.jspecify.annotations.NullMarked;
