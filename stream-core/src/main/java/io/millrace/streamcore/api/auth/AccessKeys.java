package io.millrace.streamcore.api.auth;

import java.util.Map;
import java.util.Optional;

/**
 * All keys of a credentials file.
 *
 * @param byId each by its id
 */
record AccessKeys(Map<String, AccessKey> byId) {
    AccessKeys {
        byId = Map.copyOf(byId);
    }

    Optional<AccessKey> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }
}
