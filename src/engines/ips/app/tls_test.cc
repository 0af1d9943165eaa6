#include "engines/ips/app/tls.h"

#include <gtest/gtest.h>

#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be16;
using testing::be24;
using testing::client;
using testing::server;
using testing::transcript;

std::string sized16(const std::string& text) {
  return be16(text.size()) + text;
}
std::string sized24(const std::string& text) {
  return be24(text.size()) + text;
}
std::string record(char type, const std::string& body) {
  return std::string{type} + "\x03\x03" + sized16(body);
}
std::string handshake(char type, const std::string& body) {
  return std::string{type} + sized24(body);
}
std::string extension(std::uint64_t type, const std::string& body) {
  return be16(type) + sized16(body);
}

std::string client_hello(const std::string& name) {
  const std::string extensions = extension(0x0a0a, "") + extension(0, sized16("\0"s + sized16(name))) +
                                 extension(10, sized16(be16(0x1a1a) + be16(29) + be16(23))) + extension(11, "\x01\0"s) +
                                 extension(16, sized16("\x02h2\x08http/1.1")) +
                                 extension(43, "\x04" + be16(0x0304) + be16(0x0303)) +
                                 extension(13, sized16(be16(0x0403) + be16(0x0804)));
  return handshake(1, be16(0x0303) + std::string(4, 'T') + std::string(28, 'r') + "\0"s +
                          sized16(be16(0x0a0a) + be16(0x1301) + be16(0xc02b)) + "\x01\0"s + sized16(extensions));
}
const std::string kServerHello = handshake(
    2, be16(0x0303) + std::string(32, 's') + "\0"s + be16(0xc02b) + "\0"s + sized16(extension(0xff01, "\0"s)));
// Made for this test: CN=host.example.org, self-signed.
const std::string kCertificate = testing::hex(
    "308201d53082017ca003020102020400f00d01300a06082a8648ce3d040302303a310b3009060355040613024a503110300e060355040a"
    "0c074578616d706c653119301706035504030c10686f73742e6578616d706c652e6f7267301e170d3236313132363039313434325a170d"
    "3336313132333039313434325a303a310b3009060355040613024a503110300e060355040a0c074578616d706c65311930170603550403"
    "0c10686f73742e6578616d706c652e6f72673059301306072a8648ce3d020106082a8648ce3d03010703420004f6e5e8dd791e6d72783a"
    "7f7d0df9448eac56666003fe9c939f526489dc8d0b4a59201678de051b9f9c65943e4e3a20c9a4f6baa917f2377c498e17b879edeffda3"
    "70306e301d0603551d0e04160414a3f2c65f91a546e4222e16c2cbc3df1862d4369c301f0603551d23041830168014a3f2c65f91a546e4"
    "222e16c2cbc3df1862d4369c300f0603551d130101ff040530030101ff301b0603551d11041430128210686f73742e6578616d706c652e"
    "6f7267300a06082a8648ce3d0403020347003044022036855c54017ad81380c76d475aad9fb5d26448b7179e018c65f3c0d25004645002"
    "2004af21ac591b12d0d07031ac7a5930e63775373617a18aa80cc36c785de7b9ec");
const std::string kCertificates = handshake(11, sized24(sized24(kCertificate)));
const std::string kCipherSpec = record(20, "\x01");

std::vector<testing::Said> handshake_of(const std::string& name) {
  return {client(record(22, client_hello(name))), server(record(22, kServerHello + kCertificates)),
          client(kCipherSpec + record(22, "encrypted")), server(kCipherSpec + record(23, "encrypted"))};
}

TEST(Tls, NamesFingerprintsAndCertificate) {
  const std::string text = transcript(handshake_of("example.org"));
  for (const char* line :
       {"  > tls.sni example.org\n", "  > tls.alpn h2\n", "  > tls.random_time TTTT\n",
        "  > ja3.string 771,4865-49195,0-10-11-16-43-13,29-23,0\n", "  > ja3.hash 5e928cebd5eb6b303efae166049cea2e\n",
        "  < ja3s.string 771,49195,65281\n", "  < ja3s.hash 5cbdf35d43faf9cfc331165209343f05\n",
        "  < tls.cert_subject C=JP, O=Example, CN=host.example.org\n",
        "  < tls.cert_issuer C=JP, O=Example, CN=host.example.org\n", "  < tls.cert_serial 00:F0:0D:01\n",
        "  < tls.cert_fingerprint 22:08:d3:6b:ca:43:fe:2a:ae:bd:3f:44:5e:ef:f2:bb:42:c8:99:77\n",
        "  < tls.subjectaltname host.example.org\n", "  < tls.cert_chain_len: 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_NE(text.find("ja4.hash t13d020"), std::string::npos) << text;
}

TEST(Tls, TheSameHoweverItIsCut) {
  testing::expect_same_when_split(handshake_of("example.org"));
}

TEST(Tls, AHelloMayBeSpreadOverRecords) {
  const std::string hello = client_hello("example.org");
  const auto text = transcript({client(record(22, hello.substr(0, 20)) + record(22, hello.substr(20)))});
  EXPECT_NE(text.find("tls.sni example.org"), std::string::npos);
}

TEST(Tls, StopsWhenBothSidesEncrypt) {
  const Limits limits;
  AppFlow flow(limits, {});
  for (const auto& said : handshake_of("a")) flow.feed(said.direction, as_bytes(said.bytes));
  EXPECT_TRUE(flow.is_finished());
  EXPECT_TRUE(flow.wants_bypass());
}

TEST(Tls, HeartbleedIsAnEvent) {
  const auto text = transcript({client(record(22, client_hello("a"))), client(record(24, "\x01" + be16(0x4000)))});
  EXPECT_NE(text.find("! overflow_heartbeat_message"), std::string::npos) << text;
  EXPECT_EQ(transcript({client(record(22, client_hello("a")))}).find("heartbeat"), std::string::npos);
}

TEST(Tls, WhatIsNoRecordIsAnEvent) {
  const auto text = transcript({client(record(22, client_hello("a"))), client("GET / HTTP/1.1\r\n")});
  EXPECT_NE(text.find("! invalid_tls_header"), std::string::npos);
}

TEST(Tls, CertificatesThatCannotBeAreEventsOfTheirSide) {
  const std::string bad = "\x30\x05\x30\x84\xff\xff\xff";
  const auto text = transcript(
      {client(record(22, client_hello("a"))), server(record(22, kServerHello + handshake(11, sized24(sized24(bad)))))});
  for (const char* event :
       {"! invalid_certificate\n", "! invalid_handshake_message\n", "! certificate_invalid_length\n"}) {
    EXPECT_NE(text.find(event), std::string::npos) << event << text;
  }
}

TEST(TlsConditions, VersionsAndTheirNegation) {
  const auto row = [](std::string_view keyword) {
    for (const ConditionRow& each : tls_conditions()) {
      if (each.keyword == keyword) return &each;
    }
    return static_cast<const ConditionRow*>(nullptr);
  };
  TlsTransaction tx;
  tx.side(Direction::ToServer).version = 0x0303;
  const auto matches = [&](std::string_view keyword, std::string_view argument) {
    const auto condition = row(keyword)->parse(argument);
    return condition && (*condition)->matches(tx, Direction::ToServer, 0);
  };
  EXPECT_TRUE(matches("tls.version", "1.2"));
  EXPECT_TRUE(matches("ssl_version", "tls1.1,tls1.2"));
  EXPECT_TRUE(matches("ssl_version", "!sslv3"));
  EXPECT_FALSE(matches("ssl_version", "!tls1.3,tls1.2"));
  EXPECT_FALSE(row("tls.version")->parse("1.9"));
  EXPECT_FALSE(row("tls_cert_notafter")->parse("someday"));
  EXPECT_TRUE(row("tls_cert_notafter")->parse("<2025-01-02"));
}

}  // namespace
}  // namespace warder::ips::app
