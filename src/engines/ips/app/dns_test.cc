#include "engines/ips/app/dns.h"

#include <gtest/gtest.h>

#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be16;
using testing::be32;
using testing::client;
using testing::server;
using testing::transcript;

std::string header(std::uint64_t flags, std::uint64_t questions, std::uint64_t answers) {
  return be16(0x1234) + be16(flags) + be16(questions) + be16(answers) + be16(0) + be16(0);
}
const std::string kName =
    "\x07"
    "example"
    "\x03"
    "org" +
    "\0"s;
const std::string kQuery = header(0x0100, 1, 0) + kName + be16(1) + be16(1);
const std::string kAnswer = header(0x8180, 1, 1) + kName + be16(1) + be16(1) + be16(0xc00c) + be16(5) + be16(1) +
                            be32(60) + be16(6) +
                            "\x03"
                            "www" +
                            be16(0xc00c);

TEST(Dns, QueryAndAnswerAreTransactionsOfTheirOwn) {
  EXPECT_EQ(transcript({client(kQuery), server(kAnswer)}, testing::datagrams(4000, 53)),
            "dns\ntransaction 0\n  > dns.query example.org\n  > dns.queries.rrname example.org\n  > dns.opcode: 0\n"
            "  > dns.rrtype: 1\ntransaction 1\n  < dns.queries.rrname example.org\n  < dns.answers.rrname example.org\n"
            "  < dns.response.rrname example.org\n  < dns.response.rrname example.org\n"
            "  < dns.response.rrname www.example.org\n  < dns.opcode: 0\n  < dns.rcode: 0\n  < dns.rrtype: 1\n"
            "  < dns.rrtype: 5\n");
}

TEST(Dns, StreamsAreTheSameHoweverTheyAreCut) {
  const auto framed = [](const std::string& message) { return be16(message.size()) + message; };
  testing::expect_same_when_split({client(framed(kQuery) + framed(kQuery)), server(framed(kAnswer))},
                                  testing::stream(4000, 53));
  EXPECT_NE(transcript({client(framed(kQuery))}, testing::stream(4000, 5300)).find("dns.query example.org"),
            std::string::npos);
}

TEST(Dns, AnomaliesAreEvents) {
  const std::string z = header(0x0140, 1, 0) + kName + be16(1) + be16(1);
  EXPECT_NE(transcript({client(z)}, testing::datagrams(4000, 53)).find("! z_flag_set"), std::string::npos);
  // A pointer to itself.
  const auto loop = parse_dns_message(as_bytes(header(0x0100, 1, 0) + be16(0xc00c) + be16(1) + be16(1)));
  ASSERT_TRUE(loop);
  EXPECT_TRUE(loop->has(DnsOddity::InfiniteLoop));
  // A query behind a good one that is cut.
  EXPECT_NE(
      transcript({client(kQuery), client(kQuery.substr(0, 20))}, testing::datagrams(4000, 53)).find("! malformed_data"),
      std::string::npos);
}

TEST(Dns, NamesAreBounded) {
  std::string name;
  for (int i = 0; i < 300; ++i) name += "\x3f" + std::string(63, 'a');
  const auto message = parse_dns_message(as_bytes(header(0x0100, 1, 0) + name + "\0"s + be16(1) + be16(1)));
  EXPECT_TRUE(!message || message->questions[0].name.size() <= 1025);
}

TEST(Dns, OtherTrafficIsNotTakenForIt) {
  EXPECT_FALSE(is_probably_dns(as_bytes(std::string(40, '\0')), 40));
  EXPECT_FALSE(is_probably_dns(as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 27));
  EXPECT_TRUE(is_probably_dns(as_bytes(kQuery), kQuery.size()));
}

}  // namespace
}  // namespace warder::ips::app
