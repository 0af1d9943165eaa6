#include "engines/ips/app/ssh.h"

#include <gtest/gtest.h>

#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using testing::be32;
using testing::client;
using testing::server;
using testing::transcript;

std::string list(std::string_view text) {
  return be32(text.size()) + std::string{text};
}

// A key exchange offer whose lists say where they came from.
std::string offer() {
  std::string payload = "\x14" + std::string(16, 'c');
  for (const auto* text : {"kex1,kex2", "host", "enc-up", "enc-down", "mac-up", "mac-down", "none", "zlib", "", ""})
    payload += list(text);
  payload += std::string(5, '\0');
  const std::string padding(6, '\0');
  return be32(1 + payload.size() + padding.size()) + "\x06" + payload + padding;
}
const std::string kNewKeys = be32(12) + "\x0a\x15" + std::string(10, '\0');

TEST(Ssh, BannersAndFingerprintsOfBothSides) {
  const std::vector<testing::Said> talk = {server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
                                           client("SSH-2.0-libssh2_1.10\r\n"),
                                           client(offer()),
                                           server(offer()),
                                           client(kNewKeys),
                                           server(kNewKeys),
                                           client("encrypted")};
  EXPECT_EQ(transcript(talk),
            "ssh\ntransaction 0\n  > ssh.proto 2.0\n  > ssh.software libssh2_1.10\n"
            "  > ssh.hassh e728a29d639211cc6b6c6ca63f2c8083\n  > ssh.hassh.string kex1,kex2;enc-up;mac-up;none\n"
            "  < ssh.proto 2.0\n  < ssh.software OpenSSH_9.2p1\n  < ssh.hassh.server 59975522e72ea874957530e87b0b83b7\n"
            "  < ssh.hassh.server.string kex1,kex2;enc-down;mac-down;zlib\n");
  testing::expect_same_when_split(talk);
}

TEST(Ssh, LongBannersEndTheParsing) {
  EXPECT_NE(transcript({client("SSH-2.0-" + std::string(300, 'x'))}).find("! long_banner"), std::string::npos);
}

TEST(Ssh, LengthsThatCannotBeAreEvents) {
  const auto text = transcript({client("SSH-2.0-a\r\n"), client(be32(0xffffffff) + std::string(20, 'x'))});
  EXPECT_NE(text.find("! invalid_record"), std::string::npos);
}

}  // namespace
}  // namespace warder::ips::app
