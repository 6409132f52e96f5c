package io.millrace.streamcore.api.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourcePolicyTest {
    private static final String STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
    private static final String PUT = "kinesis:PutRecord";
    private static final Principal OWN = new Principal("000000000000", "ann", true);
    private static final Principal OTHER = new Principal("111122223333", "bob", false);

    @Test
    void aPolicyWithoutStatementsSaysNothing() {
        assertThat(ResourcePolicy.parse("{}").verdict(OWN, PUT, STREAM)).isEqualTo(Verdict.SILENT);
        assertThat(verdict("[]", OWN)).isEqualTo(Verdict.SILENT);
    }

    /** The owner's account as a whole is allowed nothing by it: the file of keys says what its users may. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'*' | ALLOWED | ALLOWED",
                "{'AWS': '*'} | ALLOWED | ALLOWED",
                "{'AWS': 'arn:aws:iam::000000000000:user/ann'} | ALLOWED | SILENT",
                "{'AWS': 'arn:aws:iam::000000000000:user/ANN'} | SILENT | SILENT",
                "{'AWS': ['arn:aws:iam::111122223333:user/bob', 'arn:aws:iam::000000000000:user/ann']} | ALLOWED | ALLOWED",
                "{'AWS': 'arn:aws:iam::111122223333:user/ann'} | SILENT | SILENT",
                "{'AWS': '000000000000'} | SILENT | SILENT",
                "{'AWS': 'arn:aws:iam::000000000000:root'} | SILENT | SILENT",
                "{'AWS': '111122223333'} | SILENT | ALLOWED",
                "{'AWS': 'arn:aws:iam::111122223333:root'} | SILENT | ALLOWED",
                "{'AWS': 'arn:aws:iam::000000000000:role/ann'} | SILENT | SILENT",
                "{'Service': 'lambda.amazonaws.com'} | SILENT | SILENT",
            },
            quoteCharacter = '`')
    void principalsAreEverybodyUsersAndAccounts(String principal, Verdict own, Verdict other) {
        String statement = statement("Allow", principal, "'kinesis:PutRecord'", "'" + STREAM + "'");
        assertThat(verdict(statement, OWN)).isEqualTo(own);
        assertThat(verdict(statement, OTHER)).isEqualTo(other);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'*' | DENIED | DENIED",
                "{'AWS': '000000000000'} | DENIED | SILENT",
                "{'AWS': 'arn:aws:iam::111122223333:root'} | SILENT | DENIED",
                "{'AWS': 'arn:aws:iam::000000000000:user/ann'} | DENIED | SILENT",
            },
            quoteCharacter = '`')
    void anAccountIsDeniedWithItsUsers(String principal, Verdict own, Verdict other) {
        String statement = statement("Deny", principal, "'*'", "'*'");
        assertThat(verdict(statement, OWN)).isEqualTo(own);
        assertThat(verdict(statement, OTHER)).isEqualTo(other);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'kinesis:PutRecord' | 'STREAM' | ALLOWED",
                "'KINESIS:putrecord' | 'STREAM' | ALLOWED",
                "'kinesis:Put*' | 'arn:aws:kinesis:*:*:stream/ord??s' | ALLOWED",
                "['kinesis:GetRecords', 'kinesis:*'] | ['x', '*'] | ALLOWED",
                "'*' | '*' | ALLOWED",
                "'kinesis:PutRecords' | '*' | SILENT",
                "'PutRecord' | '*' | SILENT",
                "'kinesis:*' | 'STREAM2' | SILENT",
                "'kinesis:*' | 'STREAM/consumer/*' | SILENT",
            },
            quoteCharacter = '`')
    void actionsAndResourcesAreMatchedWithWildcards(String action, String resource, Verdict verdict) {
        assertThat(verdict(statement("Allow", "'*'", action, resource.replace("STREAM", STREAM)), OWN))
                .isEqualTo(verdict);
    }

    @Test
    void aDenyGoesBeforeEveryAllow() {
        String allow = statement("Allow", "'*'", "'*'", "'*'");
        String deny = statement("Deny", "'*'", "'kinesis:PutRecord'", "'*'");
        for (String both : new String[] {"[" + allow + "," + deny + "]", "[" + deny + "," + allow + "]"}) {
            assertThat(verdict(both, OWN)).isEqualTo(Verdict.DENIED);
            assertThat(policy(both).verdict(OWN, "kinesis:GetRecords", STREAM)).isEqualTo(Verdict.ALLOWED);
        }
    }

    /** What cannot be judged allows nobody, and denies as if it were not there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'Principal': '*', 'Action': '*', 'Resource': '*', 'Condition': {'Bool': {'aws:SecureTransport': 'false'}}",
                "'NotPrincipal': {'AWS': '111122223333'}, 'Action': '*', 'Resource': '*'",
                "'Principal': '*', 'NotAction': 'kinesis:Get*', 'Resource': '*'",
                "'Principal': '*', 'Action': '*', 'NotResource': ['x']",
            },
            quoteCharacter = '`')
    void whatIsNotJudgedIsJudgedSafely(String parts) {
        assertThat(verdict("{'Effect': 'Allow', " + parts + "}", OWN)).isEqualTo(Verdict.SILENT);
        assertThat(verdict("{'Effect': 'Deny', " + parts + "}", OWN)).isEqualTo(Verdict.DENIED);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no JSON | it is not JSON",
                "[] | it is not a JSON object",
                "{} {} | something is after its end",
                "{'Statement': 1} | a Statement is an object",
                "{'Statement': [[]]} | a Statement is an object",
                "{'Statement': [], 'Statement': []} | has a member twice",
                "{'Statements': []} | it has an unknown member",
                "{'Statement': {'Effect': 'Allow'}} | a Statement has no Principal",
                "{'Statement': {'Effect': 'allow', 'Principal': '*', 'Action': '*', 'Resource': '*'}} | Effect is Allow or"
                        + " Deny",
                "{'Statement': {'Effect': 'Allow', 'Principal': 'x', 'Action': '*', 'Resource': '*'}} | a Principal is",
                "{'Statement': {'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::1:user/*'}, 'Action': '*', 'Resource':"
                        + " '*'}} | without wildcards",
                "{'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': [], 'Resource': '*'}} | no Action",
                "{'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': [1], 'Resource': '*'}} | Action is a text",
                "{'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': '*', 'If': 1}} | unknown"
                        + " member",
            },
            quoteCharacter = '`')
    void whatIsNoPolicyIsRefusedWithOneLine(String json, String text) {
        assertThatThrownBy(() -> ResourcePolicy.parse(json.replace('\'', '"')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Policy is not valid: ")
                .hasMessageContaining(text)
                .hasMessageNotContaining("\n");
    }

    @Test
    void anyTextIsAPolicyOrRefused() {
        String whole = "{'Version': '2012-10-17', 'Statement': [" + statement("Allow", "{'AWS': ['*']}", "['*']", "'*'")
                + "]}";
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(whole.replace('\'', '"'));
            for (int change = random.nextInt(4); change >= 0; change--) {
                text.setCharAt(random.nextInt(text.length()), "{}[]\",:*aA1 \\".charAt(random.nextInt(13)));
            }
            text.setLength(random.nextInt(text.length() + 1));
            try {
                assertThat(ResourcePolicy.parse(text.toString())).isNotNull();
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageStartingWith("Policy is not valid: ");
            }
        }
    }

    private static String statement(String effect, String principal, String action, String resource) {
        return "{'Sid': 's', 'Effect': '" + effect + "', 'Principal': " + principal + ", 'Action': " + action
                + ", 'Resource': " + resource + "}";
    }

    private static ResourcePolicy policy(String statements) {
        return ResourcePolicy.parse(
                ("{'Version': '2012-10-17', 'Id': 'x', 'Statement': " + statements + "}").replace('\'', '"'));
    }

    private static Verdict verdict(String statements, Principal principal) {
        return policy(statements).verdict(principal, PUT, STREAM);
    }
}
