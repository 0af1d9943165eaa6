// HTTP/2 and WebSocket.
#include <gtest/gtest.h>

#include "engines/ips/app/http2.h"
#include "engines/ips/app/testing.h"
#include "engines/ips/app/websocket.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be24;
using testing::be32;
using testing::client;
using testing::server;
using testing::transcript;

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
std::string frame(char type, std::uint64_t flags, std::uint64_t stream, const std::string& body) {
  return be24(body.size()) + type + static_cast<char>(flags) + be32(stream) + body;
}
// RFC 7541 §6.2.2: literal without indexing, new name, no Huffman.
std::string field(const std::string& name, const std::string& value) {
  return "\0"s + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}
const std::string kSettings = frame(4, 0, 0, "");
const std::string kRequest = field(":method", "POST") + field(":path", "/a/b.txt?x=1") +
                             field(":authority", "Example.org:8080") + field("user-agent", "test");
const std::string kAnswer = field(":status", "200") + field("server", "s");

const std::vector<testing::Said> kTalk = {
    client(kPreface + kSettings + frame(1, 0, 1, kRequest.substr(0, 10)) + frame(9, 4, 1, kRequest.substr(10)) +
           frame(0, 9, 1, "\x02hello\0\0"s)),
    server(kSettings + frame(1, 4, 1, kAnswer) + frame(0, 0, 1, "wor") + frame(0, 1, 1, "ld")),
    client(frame(6, 0, 0, std::string(8, 'p')))};

TEST(Http2, StreamsAnswerLikeHttp1) {
  const std::string text = transcript(kTalk);
  for (const char* line :
       {"http2\n", "  > http.uri /a/b.txt?x=1\n", "  > http.method POST\n", "  > http.host example.org\n",
        "  > http.user_agent test\n", "  > http.request_header :path: /a/b.txt?x=1\n", "  > http.request_body hello\n",
        "  < http.stat_code 200\n", "  < http.response_body world\n", "  > http2.frametype: 6\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  testing::expect_same_when_split(kTalk);
}

TEST(Http2, TwoNamesOfTheServerThatDifferAreAnEvent) {
  const auto text =
      transcript({client(kPreface + frame(1, 5, 1, field(":authority", "a.example") + field("host", "b.example")))});
  EXPECT_NE(text.find("! authority_host_mismatch"), std::string::npos) << text;
}

TEST(Http2, HeadersThatAreNoHpackAreAnEvent) {
  const auto text = transcript({client(kPreface + frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff"))});
  EXPECT_NE(text.find("! invalid_header"), std::string::npos) << text;
}

TEST(Http2, QueriesOfDnsInAPath) {
  const auto text = transcript(
      {client(kPreface + frame(1, 5, 1, field(":path", "/dns-query?dns=AAABAAABAAAAAAAAB2V4YW1wbGUDb3JnAAABAAE")))});
  EXPECT_NE(text.find("  > dns.query example.org\n"), std::string::npos) << text;
}

TEST(Websocket, MessagesAreUnmaskedAndJoined) {
  testing::Setting setting;
  setting.protocol = Protocol::Websocket;
  const std::string masked = "\x81\x85\x01\x02\x03\x04"s + static_cast<char>('h' ^ 1) + static_cast<char>('e' ^ 2) +
                             static_cast<char>('l' ^ 3) + static_cast<char>('l' ^ 4) + static_cast<char>('o' ^ 1);
  const std::vector<testing::Said> talk = {client(masked), server("\x01\x03wor"s + "\x89\x01p" + "\x80\x02ld")};
  const std::string text = transcript(talk, setting);
  EXPECT_NE(text.find("  > websocket.payload hello\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  < websocket.payload world\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  > websocket.mask: 16909060\n"), std::string::npos) << text;
  testing::expect_same_when_split(talk, setting);
}

TEST(Websocket, CompressedMessagesAreExpanded) {
  testing::Setting setting;
  setting.protocol = Protocol::Websocket;
  // RFC 7692 §7.2.3.1
  const auto text = transcript({server("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"s)}, setting);
  EXPECT_NE(text.find("  < websocket.payload Hello\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace warder::ips::app
