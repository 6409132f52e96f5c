package io.millrace.streamcore.http;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * A fresh key and a certificate that it signed itself (X.509 v3, P-256, RFC 5280), for the loopback names. Written out by
 * hand because neither Java nor Netty makes one without a large library or a child process that takes half a second.
 *
 * @param key the private key
 * @param certificate for localhost, 127.0.0.1, ::1 and the address bound, good for ten years from yesterday on
 */
record SelfSigned(PrivateKey key, X509Certificate certificate) {
    private static final String ECDSA_WITH_SHA256 = "2a8648ce3d040302";
    private static final String COMMON_NAME = "550403";
    private static final String SUBJECT_KEY_ID = "551d0e";
    private static final String KEY_USAGE = "551d0f";
    private static final String ALTERNATIVE_NAMES = "551d11";
    private static final String BASIC_CONSTRAINTS = "551d13";
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;
    /** digitalSignature and keyCertSign: bits 0 and 5 from the left. */
    private static final byte USAGE = (byte) 0b1000_0100;

    private static final DateTimeFormatter UTC_TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** A certificate for a server at {@code address}, made at {@code now}. */
    static SelfSigned make(InetAddress address, Instant now) throws GeneralSecurityException {
        SecureRandom random = new SecureRandom();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        KeyPair pair = generator.generateKeyPair();
        byte[] algorithm = Der.sequence(Der.objectId(ECDSA_WITH_SHA256));
        byte[] name =
                Der.sequence(Der.set(Der.sequence(Der.objectId(COMMON_NAME), Der.text("Millrace stream server"))));
        byte[] publicKey = pair.getPublic().getEncoded();
        byte[] toBeSigned = Der.sequence(
                Der.tagged(0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(127, random).setBit(126)),
                algorithm,
                name,
                Der.sequence(
                        Der.utcTime(UTC_TIME.format(now.minus(Duration.ofDays(1)))),
                        Der.utcTime(UTC_TIME.format(now.plus(Duration.ofDays(3650))))),
                name,
                publicKey,
                Der.tagged(3, extensions(address, publicKey)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate(), random);
        signature.update(toBeSigned);
        byte[] certificate = Der.sequence(toBeSigned, algorithm, Der.bits(0, signature.sign()));
        return new SelfSigned(pair.getPrivate(), (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)));
    }

    private static byte[] extensions(InetAddress address, byte[] publicKey) throws GeneralSecurityException {
        byte[] names = Der.sequence(
                Der.taggedBytes(DNS_NAME, new byte[] {'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'}),
                Der.taggedBytes(IP_ADDRESS, new byte[] {127, 0, 0, 1}),
                Der.taggedBytes(IP_ADDRESS, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
                Der.taggedBytes(IP_ADDRESS, address.getAddress()));
        byte[] keyId = MessageDigest.getInstance("SHA-1").digest(publicKey);
        return Der.sequence(
                Der.sequence(Der.objectId(BASIC_CONSTRAINTS), Der.yes(), Der.octets(Der.sequence(Der.yes()))),
                Der.sequence(Der.objectId(KEY_USAGE), Der.yes(), Der.octets(Der.bits(2, new byte[] {USAGE}))),
                Der.sequence(Der.objectId(SUBJECT_KEY_ID), Der.octets(Der.octets(keyId))),
                Der.sequence(Der.objectId(ALTERNATIVE_NAMES), Der.octets(names)));
    }
}
