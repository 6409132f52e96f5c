/**
 * The lease table of the Kinesis Client Library, versions 1.x to 3.5: reads and writes its rows and turns them into leases
 * of ours and back. All types are values or safe for any thread; the translation is pure. Start here:
 * {@link io.millrace.lease.kcl.KclTable} and {@link io.millrace.lease.kcl.KclTranslation}.
 */
@NullMarked
package io.millrace.lease.kcl;

import org.jspecify.annotations.NullMarked;
