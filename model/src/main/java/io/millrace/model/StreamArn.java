package io.millrace.model;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stream's Amazon Resource Name, which says whose it is: {@code arn:aws:kinesis:us-east-1:111122223333:stream/orders}.
 *
 * @param partition {@code aws}, or that of a set of regions apart, such as {@code aws-cn}
 * @param region such as us-east-1
 * @param account twelve digits
 * @param name the stream's name in that account and region
 */
public record StreamArn(String partition, String region, String account, String name) {
    private static final String PREFIX = "arn:";
    private static final Pattern FORM = Pattern.compile(
            "arn:(aws[a-z-]{0,20}):kinesis:([a-z0-9-]{1,40}):([0-9]{12}):stream/([a-zA-Z0-9_.-]{1,128})");

    /** The sets of regions that stand apart, by what the names of their regions begin with. */
    private static final Map<String, String> PARTITIONS = Map.of(
            "cn-", "aws-cn",
            "us-gov-", "aws-us-gov",
            "us-iso-", "aws-iso",
            "us-isob-", "aws-iso-b",
            "eu-isoe-", "aws-iso-e",
            "us-isof-", "aws-iso-f",
            "eusc-", "aws-eusc");

    /** Checks that all are there; {@link #parse} checks their forms. */
    public StreamArn {
        requireNonNull(partition, "partition");
        requireNonNull(region, "region");
        requireNonNull(account, "account");
        requireNonNull(name, "name");
    }

    /** True for a text that is meant to be an ARN, well-formed or not: no stream's name has a colon. */
    public static boolean isMeant(String text) {
        return text.startsWith(PREFIX);
    }

    /**
     * Reads an ARN.
     *
     * @throws IllegalArgumentException with a line for the user if it is not that of a stream
     */
    public static StreamArn parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "not the ARN of a stream (arn:aws:kinesis:REGION:ACCOUNT:stream/NAME): " + text);
        }
        return new StreamArn(parts.group(1), parts.group(2), parts.group(3), parts.group(4));
    }

    /** The ARN of a stream of another account, from the name by which an application knows it. */
    static StreamArn of(String account, String region, String name) {
        return new StreamArn(partition(region), region, account, name);
    }

    private static String partition(String region) {
        return PARTITIONS.entrySet().stream()
                .filter(apart -> region.startsWith(apart.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("aws");
    }

    /** The name by which an application knows this stream where it is another account's; see {@link StreamName}. */
    public StreamName qualifiedName() {
        return new StreamName(account + ":" + region + ":" + name);
    }

    /** The ARN as a text. */
    @Override
    public String toString() {
        return PREFIX + partition + ":kinesis:" + region + ":" + account + ":stream/" + name;
    }
}
