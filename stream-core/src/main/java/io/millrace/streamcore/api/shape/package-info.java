/**
 * What a request or an answer may look like: shapes with their constraints as data, the reader that turns a JSON or CBOR
 * body into the values of a shape in one pass, the check of the constraints, and the writer of answers. Everything is
 * immutable or belongs to the thread that handles the one request. Start here:
 * {@link io.millrace.streamcore.api.shape.Shape}, then {@link io.millrace.streamcore.api.shape.BodyReader}.
 */
@NullMarked
package io.millrace.streamcore.api.shape;

import org.jspecify.annotations.NullMarked;
