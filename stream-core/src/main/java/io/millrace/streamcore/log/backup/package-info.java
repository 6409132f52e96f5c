/**
 * Copies of a data folder: {@link io.millrace.streamcore.log.backup.FolderCopy} takes one while a server writes there, {@link
 * io.millrace.streamcore.log.backup.BackupManifest} says what belongs to it. Knows the names of files and which of them only grow, and
 * nothing of their content.
 */
@NullMarked
package io.millrace.streamcore.log.backup;

import org.jspecify.annotations.NullMarked;
