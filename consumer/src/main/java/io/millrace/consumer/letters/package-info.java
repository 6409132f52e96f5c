/**
 * Dead letters: records that a processor refused for good, with all that is needed to put them back, and the places that keep
 * them. A sink stores letters durably before a worker's checkpoint passes their records. Start here:
 * {@link io.millrace.consumer.letters.LetterSinks}.
 */
@NullMarked
package io.millrace.consumer.letters;

import org.jspecify.annotations.NullMarked;
