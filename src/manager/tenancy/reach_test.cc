#include "manager/tenancy/reach.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

const Reach kAll{.everything = true};
const Reach kWeb{.groups = {"web"}};
const Reach kWebAndDb{.groups = {"db", "web"}};
const Reach kTagged{.tags = {"pci"}};

TEST(Reach, CoversWhatItNames) {
  struct Case {
    const char* name;
    Reach one;
    Reach other;
    bool covers;
  };
  const Case cases[] = {{"all covers all", kAll, kAll, true},
                        {"all covers a part", kAll, kWeb, true},
                        {"a part does not cover all", kWebAndDb, kAll, false},
                        {"more covers less", kWebAndDb, kWeb, true},
                        {"less does not cover more", kWeb, kWebAndDb, false},
                        {"a tag is no group", kWeb, kTagged, false},
                        {"everything covers nothing", kAll, {}, true}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(c.one.covers(c.other), c.covers);
  }
}

TEST(Grants, NameTheFirstRightThatIsNotCovered) {
  const Grants mine{{"agents:read", kWeb}, {"events:read", kAll}};
  EXPECT_EQ(first_uncovered(mine, {{"agents:read", kWeb}, {"events:read", kTagged}}), "");
  EXPECT_EQ(first_uncovered(mine, {{"agents:read", kWebAndDb}}), "agents:read");
  EXPECT_EQ(first_uncovered(mine, {{"users:write", kWeb}}), "users:write");
}

TEST(Grants, MeetWhereBothAllow) {
  const Grants one{{"agents:read", kWebAndDb}, {"events:read", kAll}, {"users:read", kAll}, {"policies:read", kWeb}};
  const Grants other{{"agents:read", kWeb}, {"events:read", kTagged}, {"policies:read", kTagged}};
  const Grants both{{"agents:read", kWeb}, {"events:read", kTagged}};
  EXPECT_EQ(intersection(one, other), both);
  EXPECT_EQ(intersection(other, one), both);
}

}  // namespace
}  // namespace warder::manager
