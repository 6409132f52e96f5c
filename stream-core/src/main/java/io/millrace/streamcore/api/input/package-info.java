/**
 * What every operation takes, with all constraints of the service's public API model of 2013-12-02: the one place where
 * they stand. Immutable tables. Start here: {@link io.millrace.streamcore.api.input.ServiceInputs}.
 */
@NullMarked
package io.millrace.streamcore.api.input;

import org.jspecify.annotations.NullMarked;
