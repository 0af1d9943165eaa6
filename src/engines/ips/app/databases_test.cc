// Parsers whose messages are small: databases, MQTT, LDAP, RDP, mail access, IKE.
#include <gtest/gtest.h>

#include "engines/ips/app/quic_packet.h"
#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be16;
using testing::be32;
using testing::client;
using testing::hex;
using testing::le32;
using testing::server;
using testing::transcript;

void expect_lines(const std::vector<testing::Said>& talk, std::initializer_list<std::string> lines,
                  const testing::Setting& setting = {}) {
  const std::string text = transcript(talk, setting);
  for (const std::string& line : lines) EXPECT_NE(text.find(line + "\n"), std::string::npos) << line << "\n" << text;
  if (setting.flow.is_stream) testing::expect_same_when_split(talk, setting);
}

TEST(Pgsql, QueriesAndTheChangeToTls) {
  const std::string start = be32(22) + be32(0x30000) + "user\0me\0pad\0\0\0"s;
  expect_lines({client(start), client("Q" + be32(13) + "SELECT 1\0"s), client("P" + be32(13) + "n\0SELECT\0"s)},
               {"pgsql", "  > pgsql.query SELECT 1", "  > pgsql.query SELECT"});
  expect_lines({client(be32(8) + be32(80877103)), server("S"), client("\x16\x03\x01\0\x02"s)}, {"tls"});
}

TEST(Mysql, Queries) {
  const std::string greeting = "\x40\0\0\0\x0a"s + "8.0.36\0"s + std::string(57, 'g');
  const std::string login = "\x28\0\0\x01"s + le32(0x200) + std::string(36, 'l');
  expect_lines({server(greeting), client(login), client("\x09\0\0\0\x03SELECT 1"s)},
               {"mysql", "  > mysql.query SELECT 1"});
}

TEST(Redis, Commands) {
  expect_lines({client("*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n")},
               {"redis", "  > redis.command GET", "  > redis.command a", "  > redis.command PING"});
}

TEST(Mqtt, ConnectAndPublish) {
  const std::string connect = be16(4) + "MQTT\x04\xc2"s + be16(60) + be16(2) + "id" + be16(2) + "me" + be16(2) + "pw";
  expect_lines({client("\x10"s + static_cast<char>(connect.size()) + connect), server("\x20\x02\0\0"s),
                client("\x30\x05"s + be16(1) + "t" + "hi")},
               {"mqtt", "  > mqtt.connect.clientid id", "  > mqtt.connect.username me", "  > mqtt.connect.password pw",
                "  > mqtt.publish.topic t", "  > mqtt.publish.message hi", "  < mqtt.type: 2"});
}

TEST(Ldap, RequestsAndResults) {
  const std::string bind = hex("30 0f 02 01 01 60 0a 02 01 03 04 03") + "o=x" + hex("80 00");
  const std::string result = hex("30 0e 02 01 01 61 09 0a 01 31 04 00 04 02") + "no";
  expect_lines({client(bind), server(result)}, {"ldap", "  > ldap.request.dn o=x", "  < ldap.responses.result_code: 49",
                                                "  < ldap.responses.message no"});
}

TEST(Rdp, CookieAndTheChangeToTls) {
  const std::string cookie = "Cookie: mstshash=me\r\n";
  const std::string ask =
      "\x03\0"s + be16(11 + cookie.size()) + static_cast<char>(6 + cookie.size()) + "\xe0\0\0\0\0\0"s + cookie;
  const std::string answer = hex("03 00 00 13 0e d0 00 00 12 34 00 02 00 08 00 01 00 00 00");
  expect_lines({client(ask), server(answer), client("\x16\x03\x01\0\x02"s)}, {"tls", "  > rdp.cookie me"});
}

TEST(MailAccess, Commands) {
  expect_lines({server("+OK ready\r\n"), client("USER me\r\n"), server("+OK\r\n"), client("STLS\r\n"),
                server("+OK\r\n"), client("\x16\x03\x01\0\x02"s)},
               {"tls", "  > pop3.command USER"});
  expect_lines(
      {server("* OK ready\r\n"), client("a1 STARTTLS\r\n"), server("a1 OK go\r\n"), client("\x16\x03\x01\0\x02"s)},
      {"tls"});
}

TEST(Ike, WeakGroupsAreEvents) {
  const std::string transforms = hex("03 00 00 08 04 00 00 02") + hex("00 00 00 08 01 00 00 0c");
  const std::string proposal = hex("00 00 00 18 01 01 00 02") + transforms;
  const std::string payload = hex("00 00 00 1c") + proposal;
  const std::string message =
      "initiato"s + std::string(8, '\0') + "\x21\x20\x22\x08"s + be32(0) + be32(28 + payload.size()) + payload;
  expect_lines({client(message)}, {"ike", "  ! weak_crypto_dh", "  > ike.init_spi 696e69746961746f"},
               testing::datagrams(500, 500));
}

// The header of RFC 9001 appendix A.2, with less behind it than its length says, then with as much.
// alone.
TEST(Quic, HeadersThatDoNotFitAreRefused) {
  EXPECT_FALSE(parse_quic_long_header(as_bytes("\xc0\0\0\0\x01"s)));
  const std::string packet = hex("c3 00000001 08 8394c8f03e515708 00 00 449e 7b9aec34") + std::string(40, 'x');
  EXPECT_FALSE(parse_quic_long_header(as_bytes(packet)));
  const std::string fits = hex("c3 00000001 08 8394c8f03e515708 00 00 28") + std::string(40, 'x');
  const auto header = parse_quic_long_header(as_bytes(fits));
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_initial);
  EXPECT_FALSE(open_quic_initial(*header, as_bytes(fits), header->destination));
}

}  // namespace
}  // namespace warder::ips::app
