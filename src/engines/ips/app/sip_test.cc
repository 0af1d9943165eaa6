#include "engines/ips/app/sip.h"

#include <gtest/gtest.h>

#include "engines/ips/app/sip_message.h"
#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using testing::client;
using testing::server;
using testing::transcript;

const std::string kInvite =
    "INVITE sip:bob@example.org SIP/2.0\r\nv: SIP/2.0/TCP a.example.org\r\nFrom: <sip:alice@example.org>\r\n"
    "t: <sip:bob@example.org>\r\nUser-Agent: phone/1\r\nc: application/sdp\r\nContent-Length: 57\r\n\r\n"
    "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=call\r\nm=audio 4 RTP/1\r\n";
const std::string kOk = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a.example.org\r\nContent-Length: 0\r\n\r\n";

TEST(Sip, RequestsAndResponses) {
  EXPECT_EQ(
      transcript({client(kInvite), server(kOk)}, testing::datagrams(5060, 5060)),
      "sip\ntransaction 0\n  > sip.method INVITE\n  > sip.uri sip:bob@example.org\n"
      "  > sip.request_line INVITE sip:bob@example.org SIP/2.0\n  > sip.protocol SIP/2.0\n"
      "  > sip.from <sip:alice@example.org>\n  > sip.to <sip:bob@example.org>\n  > sip.via SIP/2.0/TCP a.example.org\n"
      "  > sip.user_agent phone/1\n  > sip.content_type application/sdp\n  > sip.content_length 57\n"
      "  > sdp.origin alice 1 1 IN IP4 192.0.2.1\n  > sdp.session_name call\n  > sdp.media.media audio 4 RTP/1\n"
      "transaction 1\n  < sip.stat_code 200\n  < sip.stat_msg OK\n  < sip.response_line SIP/2.0 200 OK\n"
      "  < sip.protocol SIP/2.0\n  < sip.via SIP/2.0/TCP a.example.org\n  < sip.content_length 0\n");
}

TEST(Sip, StreamsAreTheSameHoweverTheyAreCut) {
  testing::expect_same_when_split({client(kInvite + kInvite + "\r\n\r\n" + kInvite), server(kOk + kOk)},
                                  testing::stream(4000, 5060));
}

TEST(Sip, OptionsOfOtherProtocolsAreNotTakenForIt) {
  EXPECT_FALSE(is_probably_sip("OPTIONS / HTTP/1.1\r\n"));
  EXPECT_FALSE(is_probably_sip("NOTIFY * HTTP/1.1\r\n"));
  EXPECT_TRUE(is_probably_sip("OPTIONS sip:a SIP/2.0\r\n"));
}

}  // namespace
}  // namespace warder::ips::app
