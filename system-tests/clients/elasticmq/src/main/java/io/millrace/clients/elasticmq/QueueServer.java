package io.millrace.clients.elasticmq;

import java.io.IOException;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;

/** Serves SQS on a free port of loopback, tells the port as a JSON object on a line, and ends when its standard input does. */
public final class QueueServer {
    private QueueServer() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        SQSRestServer server = SQSRestServerBuilder.withInterface("127.0.0.1")
                .withDynamicPort()
                .start();
        int port = server.waitUntilStarted().localAddress().getPort();
        System.out.println("{\"event\":\"started\",\"port\":\"" + port + "\"}");
        while (System.in.read() >= 0) {
            // Only its end counts.
        }
        System.exit(0);
    }
}
