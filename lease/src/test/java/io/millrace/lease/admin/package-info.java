/** Tests of this package. */
@NullMarked
package io.millrace.lease.admin;

import org.jspecify.annotations.NullMarked;
