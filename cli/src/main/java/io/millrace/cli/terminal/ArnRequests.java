package io.millrace.cli.terminal;

import io.millrace.model.StreamArn;
import io.millrace.model.StreamName;
import java.util.Optional;
import software.amazon.awssdk.awscore.AwsExecutionAttribute;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;

/**
 * Lets commands give a stream's ARN, or the qualified name by which leases know another account's stream, wherever they
 * give its name: such a request goes out with the member StreamARN instead of StreamName. Stateless.
 */
final class ArnRequests implements ExecutionInterceptor {
    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
        SdkRequest request = context.request();
        Optional<SdkField<?>> name = field(request, "StreamName");
        Optional<SdkField<?>> arnField = field(request, "StreamARN");
        if (name.isEmpty() || arnField.isEmpty() || !(name.get().getValueOrDefault(request) instanceof String text)) {
            return request;
        }
        Optional<StreamArn> arn = arn(text);
        if (arn.isEmpty()) {
            return request;
        }
        checkRegion(arn.get(), attributes.getAttribute(AwsExecutionAttribute.AWS_REGION));
        SdkRequest.Builder changed = request.toBuilder();
        name.get().set(changed, null);
        arnField.get().set(changed, arn.get().toString());
        return changed.build();
    }

    private static Optional<StreamArn> arn(String text) {
        if (StreamArn.isMeant(text)) {
            return Optional.of(StreamArn.parse(text));
        }
        return text.indexOf(':') < 0 ? Optional.empty() : new StreamName(text).arn();
    }

    private static void checkRegion(StreamArn arn, Region region) {
        if (!arn.region().equals(region.id())) {
            throw CommandFailure.failed("stream " + arn + " is in region " + arn.region() + ", and AWS_REGION or the"
                    + " profile says " + region + ": set AWS_REGION=" + arn.region());
        }
    }

    private static Optional<SdkField<?>> field(SdkPojo request, String member) {
        return request.sdkFields().stream()
                .filter(field -> field.memberName().equals(member))
                .findFirst();
    }
}
