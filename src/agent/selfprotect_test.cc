#include "agent/selfprotect.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/testing.h"
#include "base/file.h"
#include "base/random.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kNow = from_micros(1'800'000'000'000'000);

AgentId new_id() {
  return AgentId{UuidGenerator(&fill_random).next(kNow)};
}

TEST(CheckMaintenance, WantsThisAgentsTokenInItsTime) {
  const auto key = crypto::SigningKey::generate();
  Identity identity;
  identity.agent = new_id();
  identity.maintenance = key.public_key();
  protocol::MaintenanceClaims claims{TokenId{}, identity.agent, TenantId{}, kNow, kNow + hours{1}};
  const auto good = protocol::make_maintenance_token(claims, key);
  claims.agent = new_id();
  const auto foreign = protocol::make_maintenance_token(claims, key);
  claims.agent = identity.agent;
  const auto forged = protocol::make_maintenance_token(claims, crypto::SigningKey::generate());
  EXPECT_TRUE(check_maintenance(identity, good, kNow));
  EXPECT_TRUE(check_maintenance(identity, good + "\n", kNow + minutes{59}));
  EXPECT_FALSE(check_maintenance(identity, good, kNow + hours{2}));
  EXPECT_FALSE(check_maintenance(identity, foreign, kNow));
  EXPECT_FALSE(check_maintenance(identity, forged, kNow));
  EXPECT_FALSE(check_maintenance(identity, "", kNow));
  identity.maintenance.reset();
  EXPECT_FALSE(check_maintenance(identity, good, kNow));
  EXPECT_TRUE(check_maintenance(std::nullopt, "", kNow));
}

TEST(RunMarker, TellsHowTheLastRunEnded) {
  const testing::Directory directory;
  const auto marker = directory.path() / "running";
  EXPECT_EQ(begin_run(marker, {"boot-1", 10}), LastEnd::Clean);
  EXPECT_EQ(begin_run(marker, {"boot-1", 11}), LastEnd::Killed);
  EXPECT_EQ(begin_run(marker, {"boot-2", 12}), LastEnd::Crash);
  ASSERT_TRUE(end_run(marker));
  EXPECT_EQ(begin_run(marker, {"boot-2", 13}), LastEnd::Clean);
  ASSERT_TRUE(write_file_atomically(marker, "nonsense"));
  EXPECT_EQ(begin_run(marker, {"boot-2", 14}), LastEnd::Crash);
}

class FileGuardTest : public ::testing::Test {
 protected:
  FileGuardTest() {
    EXPECT_TRUE(write_file_atomically(fixed_, "one"));
    EXPECT_TRUE(write_file_atomically(busy_, "one"));
    guard_.watch(fixed_, false);
    guard_.watch(busy_, true);
  }
  std::string look() {
    std::string text;
    for (const auto& tamper : guard_.look())
      text += tamper.path.filename().string() + " " + std::string(tamper.what) + ";";
    return text;
  }
  static void append(const std::filesystem::path& file) {
    std::FILE* out = std::fopen(file.c_str(), "a");
    std::fputs("more", out);
    std::fclose(out);
  }

  testing::Directory directory_;
  std::filesystem::path fixed_ = directory_.path() / "fixed";
  std::filesystem::path busy_ = directory_.path() / "busy";
  FileGuard guard_;
};

TEST_F(FileGuardTest, SaysWhatHappenedOnce) {
  EXPECT_EQ(look(), "");
  append(fixed_);
  append(busy_);
  EXPECT_EQ(look(), "fixed changed;");
  EXPECT_EQ(look(), "");
  ::chmod(busy_.c_str(), 0666);
  EXPECT_EQ(look(), "busy attributes;");
  ASSERT_TRUE(write_file_atomically(fixed_, "two"));
  EXPECT_EQ(look(), "fixed replaced;");
  ::unlink(busy_.c_str());
  EXPECT_EQ(look(), "busy deleted;");
  append(busy_);
  EXPECT_EQ(look(), "busy created;");
}

TEST_F(FileGuardTest, AcceptsOurOwnChanges) {
  append(fixed_);
  guard_.accept(fixed_);
  EXPECT_EQ(look(), "");
}

TEST(Sender, IsInitOrOutsideAtShutdown) {
  EXPECT_TRUE(is_shutdown({.pid = 0, .user = 0, .executable = ""}));
  EXPECT_TRUE(is_shutdown({.pid = 1, .user = 0, .executable = "/usr/lib/systemd/systemd"}));
  EXPECT_FALSE(is_shutdown(describe_sender(::getpid(), 0)));
  EXPECT_FALSE(describe_sender(::getpid(), 0).executable.empty());
}

}  // namespace
}  // namespace warder::agent
