#include "engines/inventory/version.h"

#include <gtest/gtest.h>

#include <string>

namespace warder::inventory {
namespace {

struct Case {
  const char* older;
  const char* newer;  // nullptr: equal to `older`'s other spelling
};

int sign(int order) {
  return (order > 0) - (order < 0);
}

TEST(Dpkg, OrdersAsDpkgDoes) {  // each pair was asked of `dpkg --compare-versions`
  for (const Case& c :
       {Case{"1.0", "1.1"}, Case{"1.0~rc1", "1.0"}, Case{"1.0", "1.0a"}, Case{"1.0a", "1.0+"}, Case{"2:0.1", "3:0.0"},
        Case{"9.9", "1:0"}, Case{"1.0-1", "1.0-2"}, Case{"1.0-9", "1.0-10"}, Case{"1.0-1~bpo12+1", "1.0-1"},
        Case{"2.36-9", "2.36-9+deb12u7"}, Case{"1.0", "1.0-0.1"}, Case{"1.0~", "1.0"}, Case{"1.0~~", "1.0~"},
        Case{"1:9.2p1-2+deb12u2", "1:9.2p1-2+deb12u3"}, Case{"a", "a+"}, Case{"1.1a", "1.a"}}) {
    SCOPED_TRACE(std::string(c.older) + " < " + c.newer);
    EXPECT_EQ(sign(compare_dpkg(c.older, c.newer)), -1);
    EXPECT_EQ(sign(compare_dpkg(c.newer, c.older)), 1);
  }
  EXPECT_EQ(compare_dpkg("1.0-01", "1.0-1"), 0);
  EXPECT_EQ(compare_dpkg("0:1.0", "1.0"), 0);
}

TEST(Rpm, OrdersAsRpmDoes) {
  for (const Case& c : {Case{"1.0", "1.0.1"}, Case{"1.0~rc1", "1.0"}, Case{"1.0", "1.0^git1"},
                        Case{"1.0^git1", "1.0.1"}, Case{"5.1.8-6.el9", "5.1.8-10.el9"}, Case{"9.9-1", "1:0-1"},
                        Case{"1.a", "1.1"}, Case{"2.0.1", "2.0.1a"}, Case{"5.5p1", "5.5p10"}, Case{"1.0a", "1.0b"}}) {
    SCOPED_TRACE(std::string(c.older) + " < " + c.newer);
    EXPECT_EQ(sign(compare_rpm(c.older, c.newer)), -1);
    EXPECT_EQ(sign(compare_rpm(c.newer, c.older)), 1);
  }
  EXPECT_EQ(compare_rpm("1.05", "1.5"), 0);
  EXPECT_EQ(compare_rpm("2_0", "2.0"), 0);
  EXPECT_EQ(compare_rpm("5.1.8", "5.1.8-6.el9"), 0);
}

TEST(Others, LeaveTheVOut) {
  EXPECT_LT(compare_versions("go", "v0.9.0", "v0.17.0"), 0);
  EXPECT_EQ(compare_versions("npm", "v1.2.3", "1.2.3"), 0);
}

}  // namespace
}  // namespace warder::inventory
