#include "engines/ips/app/ftp.h"

#include <gtest/gtest.h>

#include "engines/ips/app/testing.h"

namespace warder::ips::app {
namespace {

using testing::client;
using testing::server;
using testing::transcript;

const std::vector<testing::Said> kLogin = {server("220 ftp.example.org FTP ready\r\n"),
                                           client("USER anonymous\r\n"),
                                           server("331 password\r\n"),
                                           client("PASV\r\n"),
                                           server("227 Entering Passive Mode (192,0,2,2,4,1)\r\n"),
                                           client("RETR pub/a.txt\r\n"),
                                           server("150 here\r\n226 done\r\n")};

TEST(Ftp, CommandsAndTheirReplies) {
  const std::string text = transcript(kLogin, testing::stream(4000, 21));
  for (const char* line :
       {"ftp\n", "  > ftp.command USER\n", "  > ftp.command_data anonymous\n", "  < ftp.completion_code 331\n",
        "  < ftp.dynamic_port: 1025\n", "  < ftp.mode: 1\n", "  > ftp.command_data pub/a.txt\n",
        "  < ftp.completion_code 150\n", "  < ftp.completion_code 226\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  testing::expect_same_when_split(kLogin, testing::stream(4000, 21));
}

TEST(Ftp, TooManyOpenCommandsAreSaidOnceUntilThereAreFewer) {
  auto setting = testing::stream(4000, 21);
  setting.limits.max_transactions = 1;
  setting.protocol = Protocol::Ftp;
  const auto count = [&](const std::vector<testing::Said>& said) {
    const auto text = transcript(said, setting);
    std::size_t found = 0;
    for (auto at = text.find("too_many"); at != std::string::npos; at = text.find("too_many", at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count({server("220 ready\r\n"), client("PWD\r\nPWD\r\nPWD\r\n"), server("257 here\r\n")}), 1U);
  EXPECT_EQ(count({server("220 ready\r\n"), client("PWD\r\nPWD\r\n"), server("257 a\r\n"), client("PWD\r\nPWD\r\n")}),
            2U);
  EXPECT_EQ(count({server("220 ready\r\n"), client("PWD\r\n"), server("257 a\r\n"), client("PWD\r\n")}), 0U);
}

TEST(Ftp, DataConnectionsAreAnnouncedWithTheirFile) {
  const auto setting = testing::stream(4000, 21);
  AppFlow flow(setting.limits, setting.flow);
  for (const auto& said : kLogin) flow.feed(said.direction, as_bytes(said.bytes));
  ASSERT_EQ(flow.protocol(), Protocol::Ftp);
  auto& announced = flow.parser()->expectations();
  ASSERT_EQ(announced.size(), 1U);
  EXPECT_EQ(announced[0].port, 1025);
  EXPECT_EQ(announced[0].server, setting.flow.server);
  auto data = testing::stream(4001, 1025);
  data.flow.context = announced[0].context;
  data.protocol = Protocol::FtpData;
  const auto text = transcript({server("the file")}, data);
  EXPECT_NE(text.find("the file"), std::string::npos) << text;
  EXPECT_NE(text.find("pub/a.txt"), std::string::npos) << text;
}

TEST(Ftp, BounceIsAPortOfAnotherHost) {
  const auto bounces = [](std::string_view port) {
    const auto setting = testing::stream(4000, 21);
    AppFlow flow(setting.limits, setting.flow);
    flow.feed(Direction::ToServer, as_bytes("USER a\r\n"));
    flow.feed(Direction::ToServer, as_bytes(port));
    const auto condition = ftp_conditions()[0].parse("");
    auto& list = flow.parser()->transactions();
    return (*condition)->matches(list[list.size() - 1], Direction::ToServer, 0);
  };
  EXPECT_TRUE(bounces("PORT 192,0,2,77,0,80\r\n"));
  EXPECT_FALSE(bounces("PORT 192,0,2,1,4,2\r\n"));
  EXPECT_TRUE(bounces("EPRT |1|198.51.100.1|80|\r\n"));
}

TEST(Ftp, LongLinesAreEvents) {
  const auto text = transcript({client("USER a\r\n"), client("CWD " + std::string(5000, 'a') + "\r\n")});
  EXPECT_NE(text.find("! request_command_too_long"), std::string::npos);
}

}  // namespace
}  // namespace warder::ips::app
