package io.millrace.fanout.kinesis;

import software.amazon.awssdk.http.SdkHttpResponse;

/** What the service answered. */
final class HttpAnswer {
    private final SdkHttpResponse head;
    private final byte[] body;

    /** Takes the body over: nobody writes to it any more. */
    HttpAnswer(SdkHttpResponse head, byte[] body) {
        this.head = head;
        this.body = body;
    }

    /** Status and headers. */
    SdkHttpResponse head() {
        return head;
    }

    /** All of the body, to be read only. */
    byte[] body() {
        return body;
    }

    boolean isCbor() {
        return header("Content-Type").startsWith("application/x-amz-cbor");
    }

    boolean isJson() {
        return header("Content-Type").startsWith("application/x-amz-json");
    }

    /** A header's value, empty where there is none. */
    String header(String name) {
        return head.firstMatchingHeader(name).orElse("");
    }
}
