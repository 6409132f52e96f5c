package io.millrace.streamcore.api.input;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streamcore.api.call.ServiceOperations;
import io.millrace.streamcore.api.shape.Member;
import io.millrace.streamcore.api.shape.Shape;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.KinesisRequest;
import software.amazon.awssdk.utils.builder.SdkBuilder;

/**
 * Compares the table with the SDK, whose request classes are made from the newest model of the service. What the SDK has
 * more after an update is not skipped in silence: either the server gets it, or refuses it.
 */
class NewestModelTest {
    @Test
    void everyOperationIsKnown() {
        Set<String> known = new TreeSet<>(ServiceInputs.all().keySet());
        known.addAll(ServiceInputs.unsupported());
        assertThat(known).isEqualTo(requests().keySet());
        assertThat(ServiceInputs.all().keySet()).doesNotContainAnyElementsOf(ServiceInputs.unsupported());
    }

    @Test
    void everyOperationHasAKind() {
        assertThat(new TreeSet<>(ServiceOperations.names()))
                .isEqualTo(requests().keySet());
    }

    @Test
    void everyMemberIsKnown() {
        Map<String, String> expected = new TreeMap<>();
        requests().forEach((operation, request) -> expected.put(operation, ofSdk(request)));
        expected.keySet().removeAll(ServiceInputs.unsupported());
        Map<String, String> actual = new TreeMap<>();
        ServiceInputs.all().forEach((operation, input) -> actual.put(operation, ofTable(input)));
        assertThat(actual).isEqualTo(expected);
    }

    /** An empty request of each operation of the client, by the operation's name. */
    private static Map<String, SdkPojo> requests() {
        Map<String, SdkPojo> requests = new TreeMap<>();
        for (Method method : KinesisAsyncClient.class.getMethods()) {
            Arrays.stream(method.getParameterTypes())
                    .filter(KinesisRequest.class::isAssignableFrom)
                    .forEach(type -> requests.put(type.getSimpleName().replaceAll("Request$", ""), empty(type)));
        }
        return requests;
    }

    private static SdkPojo empty(Class<?> type) {
        try {
            return (SdkPojo) ((SdkBuilder<?, ?>) type.getMethod("builder").invoke(null)).build();
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type.toString(), e);
        }
    }

    /** Names and types of all members, in one line. */
    private static String ofSdk(SdkPojo structure) {
        Map<String, String> members = new TreeMap<>();
        for (SdkField<?> field : structure.sdkFields()) {
            members.put(field.locationName(), ofSdk(structure, field));
        }
        return members.toString();
    }

    private static String ofSdk(SdkPojo parent, SdkField<?> field) {
        MarshallingType<?> type = field.marshallingType();
        if (type == MarshallingType.LIST) {
            return "list of " + ofSdk(parent, field.getTrait(ListTrait.class).memberFieldInfo());
        }
        if (type == MarshallingType.MAP) {
            return "map to " + ofSdk(parent, field.getTrait(MapTrait.class).valueFieldInfo());
        }
        if (type == MarshallingType.SDK_POJO) {
            return ofSdk((SdkPojo) ((SdkBuilder<?, ?>) field.constructor().get()).build());
        }
        if (type == MarshallingType.STRING) {
            return "text" + values(parent, field);
        }
        Map<MarshallingType<?>, String> names = Map.of(
                MarshallingType.INTEGER, "whole",
                MarshallingType.BOOLEAN, "flag",
                MarshallingType.SDK_BYTES, "blob",
                MarshallingType.INSTANT, "time");
        return names.getOrDefault(type, type.toString());
    }

    /** The values that the SDK knows of a member, if it is an enumeration. */
    private static Set<String> values(SdkPojo parent, SdkField<?> field) {
        return Arrays.stream(parent.getClass().getMethods())
                .filter(getter -> getter.getName().equalsIgnoreCase(field.memberName()))
                .filter(getter -> getter.getReturnType().isEnum())
                .flatMap(getter ->
                        Arrays.stream(requireNonNull(getter.getReturnType().getEnumConstants())))
                .filter(value -> !((Enum<?>) value).name().equals("UNKNOWN_TO_SDK_VERSION"))
                .map(Object::toString)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String ofTable(Shape shape) {
        return switch (shape.kind()) {
            case TEXT -> "text" + new TreeSet<>(((Shape.Text) shape).values());
            case WHOLE -> "whole";
            case FLAG -> "flag";
            case BLOB -> "blob";
            case TIME -> "time";
            // Of the elements of a list the SDK gives no values.
            case LIST -> "list of " + ofTable(((Shape.ListOf) shape).element()).replaceAll("^text.*", "text[]");
            case MAP -> "map to " + ofTable(((Shape.MapOf) shape).value());
            case STRUCTURE -> {
                List<Member> members = new ArrayList<>(((Shape.Structure) shape).members());
                yield members.stream()
                        .collect(Collectors.toMap(
                                Member::name, member -> ofTable(member.shape()), (one, other) -> one, TreeMap::new))
                        .toString();
            }
        };
    }
}
