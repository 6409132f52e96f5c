package io.millrace.consumer.shard;

/** An error made on purpose in how records are delivered. */
enum DeliveryMutation {
    /** No error. */
    NONE
}
