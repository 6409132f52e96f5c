/**
 * What the streams of an account have in common: whose they are, how many there may be, and the account's settings. Values,
 * immutable; and the loop that the catalogs of all accounts share. Start here: {@link io.millrace.streamcore.stream.account.AccountState}.
 */
@NullMarked
package io.millrace.streamcore.stream.account;

import org.jspecify.annotations.NullMarked;
