/**
 * What the streams of an account have in common: how many there may be, and the account's settings. Values only, immutable.
 * Start here: {@link io.millrace.streamcore.stream.account.AccountState}.
 */
@NullMarked
package io.millrace.streamcore.stream.account;

import org.jspecify.annotations.NullMarked;
