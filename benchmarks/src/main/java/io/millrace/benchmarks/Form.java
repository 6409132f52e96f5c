package io.millrace.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The two forms of a body, and how to make a request of one. Safe for any thread. */
enum Form {
    /** What most SDKs speak. */
    JSON("application/x-amz-json-1.1"),
    /** What the AWS SDK for Java speaks. */
    CBOR("application/x-amz-cbor-1.1");

    /** A signature in form only: none of the servers verifies it. */
    static final String AUTHORIZATION =
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261121/us-east-1/kinesis/aws4_request,"
                    + " SignedHeaders=content-type;host;x-amz-date;x-amz-target,"
                    + " Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    private final String contentType;

    Form(String contentType) {
        this.contentType = contentType;
    }

    /** A whole HTTP/1.1 request in a direct buffer, signed in form only: none of the servers verifies it. */
    ByteBuffer request(String operation, Body body) {
        return request(operation, content(body));
    }

    /** The same of a body that was written before. */
    ByteBuffer request(String operation, byte[] content) {
        String head = "POST / HTTP/1.1\r\n"
                + "Host: 127.0.0.1\r\n"
                + "Content-Type: " + contentType + "\r\n"
                + "X-Amz-Target: Kinesis_20131202." + operation + "\r\n"
                + "X-Amz-Date: 20261121T000000Z\r\n"
                + "Authorization: " + AUTHORIZATION + "\r\n"
                + "Content-Length: " + content.length + "\r\n\r\n";
        byte[] headBytes = head.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(headBytes.length + content.length)
                .put(headBytes)
                .put(content)
                .flip();
    }

    /** A body. */
    byte[] content(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        JsonFactory factory = this == JSON ? new JsonFactory() : new CBORFactory();
        try (JsonGenerator out = factory.createGenerator(bytes)) {
            out.writeStartObject();
            body.write(out);
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Writes the members of a request. */
    @FunctionalInterface
    interface Body {
        void write(JsonGenerator out) throws IOException;
    }
}
