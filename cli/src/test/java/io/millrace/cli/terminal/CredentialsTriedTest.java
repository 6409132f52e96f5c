package io.millrace.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFile;

@Timeout(60)
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class CredentialsTriedTest {
    @Test
    void eachProviderOfTheSdksChainIsNamedWithItsReason() {
        ProfileFile empty = ProfileFile.builder()
                .content("[profile work]\nrole_arn = arn:aws:iam::000000000000:role/r\nsource_profile = nosuch\n")
                .type(ProfileFile.Type.CONFIGURATION)
                .build();
        AwsCredentialsProviderChain chain = AwsCredentialsProviderChain.of(
                SystemPropertyCredentialsProvider.create(),
                ProfileCredentialsProvider.builder()
                        .profileFile(empty)
                        .profileName("work")
                        .build());

        assertThat(CredentialsTried.line(
                        String.valueOf(catchThrowable(chain::resolveCredentials).getMessage())))
                .startsWith("no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
                        + " Tried: system properties: not set; profile work: ")
                .contains("nosuch")
                .doesNotContain("CredentialsProvider(", "sections=");
    }

    @Test
    void otherTextGivesTheAdviceAlone() {
        assertThat(CredentialsTried.line("Unable to load credentials from somewhere"))
                .isEqualTo("no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
    }
}
