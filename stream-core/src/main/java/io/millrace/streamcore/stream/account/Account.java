package io.millrace.streamcore.stream.account;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;

/**
 * An account in one region: whose streams these are, as it stands in ARNs. Streams of one name in two regions, or of two
 * accounts, are two streams.
 *
 * @param region such as us-east-1
 * @param id twelve digits
 */
public record Account(String region, String id) {
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,40}");
    private static final Pattern ID = Pattern.compile("[0-9]{12}");

    /** The one that is meant where nothing is said. */
    public static final Account USUAL = new Account("us-east-1", "000000000000");

    /** Checks the parts. */
    public Account {
        requireNonNull(region, "region");
        requireNonNull(id, "id");
        if (!isRegion(region)) {
            throw new IllegalArgumentException("not a region (1 to 40 lower-case letters, digits and '-'): " + region);
        }
        if (!isId(id)) {
            throw new IllegalArgumentException("not an account (twelve digits): " + id);
        }
    }

    /** True for a text that a region can have as its name. */
    public static boolean isRegion(String text) {
        return REGION.matcher(text).matches();
    }

    /** True for a text that an account can have as its id. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** The ARN of a stream of this account and region, whether there is one or not. */
    public String streamArn(String stream) {
        return streamArns() + stream;
    }

    /** The beginning of the ARNs of all streams of this account and region. */
    public String streamArns() {
        return "arn:aws:kinesis:" + region + ":" + id + ":stream/";
    }

    /** {@code account:region}, as metrics and log lines name it. */
    @Override
    public String toString() {
        return id + ":" + region;
    }
}
