package io.millrace.streamcore.api.call;

import static java.util.Objects.requireNonNull;

/**
 * Whose streams these are, as it stands in ARNs.
 *
 * @param region such as us-east-1
 * @param id twelve digits
 */
public record Account(String region, String id) {
    /** Checks the parts. */
    public Account {
        requireNonNull(region, "region");
        requireNonNull(id, "id");
        if (!region.matches("[a-z0-9-]{1,64}")) {
            throw new IllegalArgumentException("not a region (letters, digits and '-'): " + region);
        }
        if (!id.matches("[0-9]{12}")) {
            throw new IllegalArgumentException("not an account (twelve digits): " + id);
        }
    }
}
