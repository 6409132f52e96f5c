/** Tests of the KCL's table. */
@NullMarked
package io.millrace.lease.kcl;

import org.jspecify.annotations.NullMarked;
