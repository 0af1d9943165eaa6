// Kerberos and SNMP, which are ASN.1, and EtherNet/IP.
#include <gtest/gtest.h>

#include "engines/ips/app/ber.h"
#include "engines/ips/app/enip.h"
#include "engines/ips/app/krb5.h"
#include "engines/ips/app/snmp.h"
#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be32;
using testing::client;
using testing::le16;
using testing::le32;
using testing::server;
using testing::transcript;

std::string ber(unsigned tag, const std::string& content) {
  return std::string{static_cast<char>(static_cast<unsigned char>(tag))} + static_cast<char>(content.size()) + content;
}
std::string principal(const std::string& a, const std::string& b) {
  return ber(0x30, ber(0xa0, ber(2, "\x01")) + ber(0xa1, ber(0x30, ber(0x1b, a) + ber(0x1b, b))));
}
const std::string kTicket = ber(0x61, ber(0x30, ber(0xa0, ber(2, "\x05")) + ber(0xa2, principal("krbtgt", "X")) +
                                                    ber(0xa3, ber(0x30, ber(0xa0, ber(2, "\x17"))))));
const std::string kAsRep =
    ber(0x6b, ber(0x30, ber(0xa0, ber(2, "\x05")) + ber(0xa1, ber(2, "\x0b")) + ber(0xa5, kTicket) +
                            ber(0xa6, ber(0x30, ber(0xa0, ber(2, "\x17"))))));
const std::string kAsReq = ber(0x6a, ber(0x30, ber(0xa1, ber(2, "\x05")) + ber(0xa2, ber(2, "\x0a"))));

TEST(Krb5, MessagesAndTheirNames) {
  const std::vector<testing::Said> talk = {client(be32(kAsReq.size()) + kAsReq), server(be32(kAsRep.size()) + kAsRep)};
  EXPECT_EQ(transcript(talk, testing::stream(4000, 88)),
            "krb5\ntransaction 0\n  > krb5_msg_type: 10\ntransaction 1\n  < krb5.sname krbtgt\n  < krb5.sname X\n"
            "  < krb5_msg_type: 11\n  ! weak_encryption\n");
  testing::expect_same_when_split(talk, testing::stream(4000, 88));
  EXPECT_NE(transcript({client(kAsReq)}, testing::datagrams(4000, 88)).find("krb5_msg_type: 10"), std::string::npos);
}

TEST(Snmp, VersionCommunityAndPdu) {
  const std::string get = ber(0x30, ber(2, "\x01") + ber(4, "public") + ber(0xa0, ber(2, "\x01")));
  EXPECT_EQ(transcript({client(get)}, testing::datagrams(4000, 161)),
            "snmp\ntransaction 0\n  > snmp.community public\n  > snmp.version: 2\n  > snmp.pdu_type: 0\n");
}

TEST(Ber, LengthsThatLieAreRefused) {
  const std::string lie = "\x30\x84\xff\xff\xff\xff"s;
  Cursor in{as_bytes(lie)};
  EXPECT_FALSE(read_ber(in));
  EXPECT_FALSE(ber_size(as_bytes("\x30\x89"s)));
  EXPECT_EQ(ber_integer(as_bytes("\xff"s)), -1);
}

std::string enip(std::uint64_t command, const std::string& body) {
  return le16(command) + le16(body.size()) + le32(1) + le32(0) + std::string(8, 'c') + le32(0) + body;
}

TEST(Enip, CommandsAndServices) {
  const std::string cip = "\x0e\x03\x20\x01\x24\x01\x30\x07"s;
  const std::string body = le32(0) + le16(0) + le16(2) + le16(0) + le16(0) + le16(0xb2) + le16(cip.size()) + cip;
  const std::vector<testing::Said> talk = {client(enip(0x65, le16(1) + le16(0)) + enip(0x6f, body))};
  const auto text = transcript(talk, testing::stream(4000, 44818));
  for (const char* line : {"enip_command: 101\n", "enip_command: 111\n", "cip_service.value: 14\n",
                           "enip.cip_class: 1\n", "enip.cip_attribute: 7\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  testing::expect_same_when_split(talk, testing::stream(4000, 44818));
}

}  // namespace
}  // namespace warder::ips::app
