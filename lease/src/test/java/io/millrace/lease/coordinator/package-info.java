/** Tests of this package. */
@NullMarked
package io.millrace.lease.coordinator;

import org.jspecify.annotations.NullMarked;
