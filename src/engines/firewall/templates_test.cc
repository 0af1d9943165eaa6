// The templates in content/firewall: each compiles, has nothing to complain about, and does what its comments say.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "engines/firewall/analyse.h"
#include "engines/firewall/simulator.h"

namespace warder::firewall {
namespace {

TEST(Templates, DoWhatTheySay) {
  int templates = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WARDER_SOURCE_DIR "/content/firewall")) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().filename().string());
    ++templates;
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text);
    const auto policy = parse_policy_text(*text);
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->mode, "tap");
    const auto compiled = compile(*policy, {});
    ASSERT_TRUE(compiled) << compiled.error().message;
    EXPECT_TRUE(analyse(**compiled).empty());
    int packets = 0;
    for (const std::string_view line : split(*text, '\n')) {
      const bool passes = line.starts_with("# pass: ");
      if (!passes && !line.starts_with("# drop: ")) continue;
      const auto packet = parse_packet(line.substr(8));
      ASSERT_TRUE(packet) << line;
      Simulator simulator(*compiled);
      EXPECT_EQ(simulator.decide(*packet).verdict == Verdict::Accept, passes) << line;
      ++packets;
    }
    EXPECT_GE(packets, 2);
  }
  EXPECT_GE(templates, 8);
}

}  // namespace
}  // namespace warder::firewall
