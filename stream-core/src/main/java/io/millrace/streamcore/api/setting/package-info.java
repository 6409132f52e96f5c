/**
 * What is set about streams, resources and the account: retention, encryption, metrics, mode, sizes, tags, policies. Most
 * operations are one line of a table, a rule that {@code stream} knows; all are stateless and safe for any thread. Start
 * here: {@link io.millrace.streamcore.api.setting.SettingOperations}.
 */
@NullMarked
package io.millrace.streamcore.api.setting;

import org.jspecify.annotations.NullMarked;
