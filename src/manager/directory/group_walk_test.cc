#include "manager/directory/group_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace warder::manager {
namespace {

using Names = std::vector<std::string>;

GroupsAbove from(std::map<std::string, Names> above) {
  return [above = std::move(above)](const std::string& dn) -> Result<Names> {
    const auto found = above.find(dn);
    return found == above.end() ? Names{} : found->second;
  };
}

TEST(GroupWalk, GoesUpThroughGroupsAndEndsInRings) {
  const auto above =
      from({{"uid=a", {"cn=ops"}}, {"cn=ops", {"cn=admins", "cn=staff"}}, {"cn=admins", {"cn=OPS", "cn=all"}}});
  auto groups = walk_groups("uid=a", above, 10).value();
  std::ranges::sort(groups);
  EXPECT_EQ(groups, (Names{"cn=admins", "cn=all", "cn=ops", "cn=staff"}));
}

TEST(GroupWalk, NobodyIsTheirOwnGroup) {
  EXPECT_EQ(walk_groups("cn=a", from({{"cn=a", {"CN=A"}}}), 10).value(), Names{});
}

TEST(GroupWalk, NamesAreOfOneSpelling) {
  EXPECT_EQ(walk_groups("uid=a", from({{"uid=a", {"CN=Ops , OU=x", "cn=ops,ou=x"}}}), 10).value(),
            Names{"cn=ops,ou=x"});
}

TEST(GroupWalk, TooManyAreNoAnswer) {
  const auto above = from({{"uid=a", {"cn=1", "cn=2", "cn=3"}}});
  EXPECT_EQ(walk_groups("uid=a", above, 3).value().size(), 3U);
  EXPECT_EQ(walk_groups("uid=a", above, 2).error().code, ErrorCode::TooLarge);
}

TEST(GroupWalk, APartIsNoAnswer) {
  const GroupsAbove above = [](const std::string& dn) -> Result<Names> {
    if (dn == "uid=a") return Names{"cn=ops"};
    return fail(ErrorCode::Unavailable, "down");
  };
  EXPECT_EQ(walk_groups("uid=a", above, 10).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder::manager
