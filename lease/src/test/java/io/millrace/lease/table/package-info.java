/** Tests of this package. */
@NullMarked
package io.millrace.lease.table;

import org.jspecify.annotations.NullMarked;
