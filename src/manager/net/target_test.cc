#include "manager/net/target.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

TEST(Target, DecodesPathAndQuery) {
  const auto target = parse_target("/a%20b/c?x=1+2&y=%E6%97%A5&z&=e");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c");
  EXPECT_EQ(target->query.at("x"), "1 2");
  EXPECT_EQ(target->query.at("y"), "日");
  EXPECT_EQ(target->query.at("z"), "");
  EXPECT_EQ(target->query.at(""), "e");
}

TEST(Target, AcceptsTheAbsoluteForm) {
  EXPECT_EQ(parse_target("https://host:1/a?b=c")->path, "/a");
  EXPECT_EQ(parse_target("http://host")->path, "/");
}

TEST(Target, DropsAFragment) {
  EXPECT_EQ(parse_target("/a?b=c#d")->query.at("b"), "c");
}

TEST(Target, RefusesWhatCouldLeaveOrConfuse) {
  const char* const bad[] = {
      "",       "*",      "a/b",    "/..",       "/a/../b",  "/%2e%2e/a", "/.",      "/a/%2E",
      "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",     "/a%00b",   "/a%0d%0a",  "/%",      "/%4",
      "/%zz",   "/%ff",   "/a?b=%", "/?a=1&a=2", "/?a=%00b", "/?%0a=1",   "/?a=%ff", "//..",
  };
  for (const char* const target : bad) {
    SCOPED_TRACE(target);
    EXPECT_FALSE(parse_target(target));
  }
}

TEST(Target, BoundsTheNumberOfParameters) {
  std::string target = "/?";
  for (int i = 0; i < 64; ++i) target += "k" + std::to_string(i) + "=v&";
  EXPECT_TRUE(parse_target(target));
  EXPECT_FALSE(parse_target(target + "one=more"));
}

}  // namespace
}  // namespace warder::manager
