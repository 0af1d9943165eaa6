#include "agent/config.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "base/file.h"

namespace warder::agent {
namespace {

Result<Config> load(const std::string& text) {
  const testing::Directory directory;
  const auto file = directory.path() / "agent.toml";
  EXPECT_TRUE(write_file_atomically(file, text));
  return load_config(file);
}

TEST(Config, HasDefaultsWithoutAFile) {
  const auto config = load_config("/nonexistent/agent.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->spool_file(), "/var/lib/warder/agent/spool.db");
  EXPECT_EQ(config->control_socket(), "/run/warder/agent.sock");
}

TEST(Config, TakesSettings) {
  const auto config = load("state_directory = \"/x\"\nproxy = \"proxy:3128\"\nmanagers = [\"https://m\"]\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->identity_directory(), "/x/identity");
  EXPECT_EQ(config->module_directory("integrity"), "/x/modules/integrity");
  EXPECT_EQ(config->managers, std::vector<std::string>{"https://m"});
}

TEST(Config, NamesThePlaceOfWhatItRefuses) {
  struct Case {
    std::string text;
    std::string named;
  };
  const std::vector<Case> cases = {
      {"colour = \"red\"\n", "agent.toml:1: colour"},
      {"\nworker_memory_max_mb = 1\n", "agent.toml:2: worker_memory_max_mb"},
      {"log_level = \"loud\"\n", "log_level"},
      {"proxy = \"nowhere\"\n", "proxy"},
      {"state_directory = \"relative\"\n", "relative"},
      {"managers = [\"http://m\"]\n", "http://m"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto config = load(c.text);
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find(c.named), std::string::npos) << config.error().message;
  }
}

}  // namespace
}  // namespace warder::agent
