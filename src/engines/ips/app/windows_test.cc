// SMB and DCE/RPC, alone and one inside the other.
#include <gtest/gtest.h>

#include "engines/ips/app/dcerpc.h"
#include "engines/ips/app/ntlmssp.h"
#include "engines/ips/app/smb.h"
#include "engines/ips/app/testing.h"
#include "engines/ips/app/wide_text.h"

namespace warder::ips::app {
namespace {

using namespace std::string_literals;
using testing::be16;
using testing::be24;
using testing::client;
using testing::hex;
using testing::le16;
using testing::le32;
using testing::le64;
using testing::server;
using testing::transcript;

const std::string kUuid = hex("80bda8af 8a7d c911 bef4 08002b102989");  // afa8bd80-7d8a-11c9-bef4-08002b102989

std::string pdu(char type, const std::string& body, std::uint64_t call, std::uint64_t flags = 3) {
  return "\x05\0"s + type + static_cast<char>(flags) + "\x10\0\0\0"s + le16(16 + body.size()) + le16(0) + le32(call) +
         body;
}
const std::string kBind = pdu(
    11,
    le16(4096) + le16(4096) + le32(0) + "\x01\0\0\0"s + le16(7) + "\x01\0"s + kUuid + le32(1) + std::string(20, 'n'),
    1);
const std::string kBindAck = pdu(
    12, le16(4096) + le16(4096) + le32(0) + le16(2) + "1\0"s + "\x01\0\0\0"s + le16(0) + le16(0) + std::string(20, 'n'),
    1);
std::string request(const std::string& stub, std::uint64_t flags = 3) {
  return pdu(0, le32(0) + le16(7) + le16(9) + stub, 2, flags);
}
const std::string kResponse = pdu(2, le32(0) + le16(7) + le16(0) + "answer", 2);

TEST(Dcerpc, FragmentsAreOneCall) {
  const std::vector<testing::Said> talk = {client(kBind), server(kBindAck),
                                           client(request("first ", 1) + request("last", 2)), server(kResponse)};
  EXPECT_EQ(transcript(talk),
            "dcerpc\ntransaction 0\ntransaction 1\n  > dcerpc.stub_data first last\n  > dcerpc.opnum.value: 9\n"
            "  < dcerpc.stub_data answer\n");
  testing::expect_same_when_split(talk);
}

TEST(Dcerpc, InterfaceAndOperationOfACall) {
  const Limits limits;
  AppFlow flow(limits, {});
  flow.feed(Direction::ToServer, as_bytes(kBind));
  flow.feed(Direction::ToClient, as_bytes(kBindAck));
  flow.feed(Direction::ToServer, as_bytes(request("x")));
  auto& list = flow.parser()->transactions();
  const auto matches = [&](std::size_t row, std::string_view argument) {
    const auto condition = dcerpc_conditions()[row].parse(argument);
    return condition && (*condition)->matches(list[list.size() - 1], Direction::ToServer, 0);
  };
  EXPECT_TRUE(matches(0, "afa8bd80-7d8a-11c9-bef4-08002b102989"));
  EXPECT_TRUE(matches(0, "afa8bd80-7d8a-11c9-bef4-08002b102989,=1,any_frag"));
  EXPECT_FALSE(matches(0, "afa8bd80-7d8a-11c9-bef4-08002b102989,>1"));
  EXPECT_FALSE(matches(0, "afa8bd80-7d8a-11c9-bef4-08002b102988"));
  EXPECT_TRUE(matches(1, "1-8,9"));
  EXPECT_FALSE(matches(1, "10"));
  EXPECT_FALSE(dcerpc_conditions()[0].parse("not-a-uuid"));
  EXPECT_FALSE(dcerpc_conditions()[1].parse("9-1"));
}

std::string wide(std::string_view text) {
  std::string out;
  for (const char c : text) out += std::string{c} + '\0';
  return out;
}
std::string smb2(std::uint64_t command, std::uint64_t message, bool is_response, const std::string& body) {
  const std::string text = "\xfeSMB" + le16(64) + le16(0) + le32(0) + le16(command) + le16(1) +
                           le32(is_response ? 1 : 0) + le32(0) + le64(message) + le32(0) + le32(5) + le64(1) +
                           std::string(16, '\0') + body;
  return "\0"s + be24(text.size()) + text;
}
const std::string kFileId = "0123456789abcdef";
std::string tree_connect(std::string_view share) {
  return smb2(3, 1, false, le16(9) + le16(0) + le16(72) + le16(2 * share.size()) + wide(share));
}
std::string tree_answer(char kind) {
  return smb2(3, 1, true, le16(16) + kind + std::string(13, '\0'));
}
const std::string kCreate =
    smb2(5, 2, false, le16(57) + std::string(42, '\0') + le16(120) + le16(10) + std::string(8, '\0') + wide("a.txt"));
const std::string kCreated = smb2(5, 2, true, le16(89) + std::string(62, '\0') + kFileId + std::string(8, '\0'));
std::string write(std::uint64_t offset, const std::string& data) {
  return smb2(9, 3, false,
              le16(49) + le16(112) + le32(data.size()) + le64(offset) + kFileId + std::string(16, '\0') + data);
}
const std::string kClose = smb2(6, 9, false, le16(24) + le16(0) + le32(0) + kFileId);

TEST(Smb2, SharesAndFiles) {
  const std::vector<testing::Said> talk = {client(tree_connect("\\\\s\\data")),
                                           server(tree_answer(1)),
                                           client(kCreate),
                                           server(kCreated),
                                           client(write(0, "hello ") + write(6, "world")),
                                           client(kClose)};
  const std::string text = transcript(talk);
  EXPECT_NE(text.find("  > smb.share \\\\s\\data\n"), std::string::npos) << text;
  EXPECT_NE(text.find("hello world\n"), std::string::npos) << text;
  EXPECT_NE(text.find("a.txt\n"), std::string::npos) << text;
  EXPECT_EQ(text.find(" ! "), std::string::npos) << text;
  testing::expect_same_when_split(talk);
}

TEST(Smb2, LargeWritesAreStreamed) {
  testing::Setting setting;
  setting.limits.file_bytes = 20;
  const std::vector<testing::Said> talk = {client(kCreate), server(kCreated),
                                           client(write(0, std::string(100000, 'z')) + kClose)};
  const std::string text = transcript(talk, setting);
  EXPECT_NE(text.find(std::string(20, 'z')), std::string::npos) << text.substr(0, 400);
  setting.chunk = 1000;
  EXPECT_EQ(transcript(talk, setting), text);
}

TEST(Smb2, OverlappingWritesAreAnEvent) {
  const auto text = transcript({client(kCreate), server(kCreated), client(write(0, "hello") + write(2, "xx"))});
  EXPECT_NE(text.find("! file_overlap"), std::string::npos) << text;
}

TEST(Smb2, CallsInNamedPipes) {
  const std::vector<testing::Said> talk = {client(tree_connect("\\\\s\\IPC$")),
                                           server(tree_answer(2)),
                                           client(kCreate),
                                           server(kCreated),
                                           client(write(0, kBind)),
                                           client(write(0, request("stub")))};
  const std::string text = transcript(talk);
  EXPECT_NE(text.find("  > smb.named_pipe \\\\s\\IPC$\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  > dcerpc.stub_data stub\n"), std::string::npos) << text;
}

TEST(Smb2, AnUnansweredTreeConnectIsAShare) {
  const auto text = transcript({client(tree_connect("\\\\s\\x"))});
  EXPECT_NE(text.find("  > smb.share \\\\s\\x\n"), std::string::npos) << text;
}

TEST(Smb1, TreeConnect) {
  const std::string words = "\x04\xff\0\0\0"s + le16(0) + le16(1);
  const std::string data = "\0\\\\s\\IPC$\0IPC\0"s;
  const std::string text = "\xffSMB\x75"s + le32(0) + "\x18"s + le16(0) + std::string(12, '\0') + le16(1) + le16(2) +
                           le16(3) + le16(4) + words + le16(data.size()) + data;
  const std::string seen = transcript({client("\0"s + be24(text.size()) + text)});
  EXPECT_NE(seen.find("  > smb.named_pipe \\\\s\\IPC$\n"), std::string::npos) << seen;
}

TEST(WideText, PairsAndBrokenOnes) {
  EXPECT_EQ(from_utf16le(as_bytes(wide("abc"))), "abc");
  EXPECT_EQ(from_utf16le(as_bytes("\x3d\xd8\x00\xde"s)), "\xf0\x9f\x98\x80");
  EXPECT_EQ(from_utf16le(as_bytes("\x3d\xd8"s)), "?");
}

TEST(Ntlmssp, UserAndDomain) {
  const std::string head = "NTLMSSP\0"s + le32(3) + std::string(16, '\0') + le16(6) + le16(6) + le32(64) + le16(4) +
                           le16(4) + le32(70) + std::string(16, '\0') + le32(1);
  const auto user = find_ntlmssp_user(as_bytes("junk" + head + wide("DOM") + wide("me")));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->user, "me");
  EXPECT_EQ(user->domain, "DOM");
  EXPECT_FALSE(find_ntlmssp_user(as_bytes(head.substr(0, 30))));
}

}  // namespace
}  // namespace warder::ips::app
