#include "manager/identity/roles.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace warder::manager {
namespace {

TEST(BuiltInRoles, GiveWhatTheirNamesPromise) {
  EXPECT_EQ(rights_of(*find_built_in_role(kFullAccess)).size(), all_rights().size());
  // Who sees an incident says so, whatever else they may do.
  for (const std::string_view role : {kAuditor, kInfoSec}) {
    for (const std::string& right : rights_of(*find_built_in_role(role)))
      EXPECT_TRUE(right.ends_with(":read") || right == "incidents:declare") << role << ": " << right;
  }
  const Rights operators = rights_of(*find_built_in_role(kOperator));
  EXPECT_TRUE(operators.contains("commands:write"));
  for (const std::string& right : operators)
    EXPECT_FALSE(right.starts_with("users:") || right.starts_with("roles:") || right.starts_with("api-keys:")) << right;
  const Rights analysts = rights_of(*find_built_in_role(kSocAnalyst));
  EXPECT_TRUE(analysts.contains("commands:request"));
  EXPECT_FALSE(analysts.contains("commands:write"));
  EXPECT_EQ(find_built_in_role("god"), nullptr);
}

// The table of docs/roles.md, line by line.
TEST(BuiltInRoles, AreAsTheManualSays) {
  const std::string page = read_file(WARDER_ROLES_PAGE).value();
  constexpr std::string_view kOrder[] = {kFullAccess, kAuditor, kOperator, kSocAnalyst, kInfoSec};
  std::size_t rights = 0;
  for (const std::string_view line : split(page, '\n')) {
    if (!line.starts_with("| `")) continue;
    const auto cells = split(line, '|');
    ASSERT_GE(cells.size(), 7U) << line;
    const std::string_view right = trim(cells[1]).substr(1, trim(cells[1]).size() - 2);
    ASSERT_LT(rights, all_rights().size()) << line;
    EXPECT_EQ(right, all_rights()[rights++]);
    for (std::size_t i = 0; i < std::size(kOrder); ++i)
      EXPECT_EQ(find_built_in_role(kOrder[i])->has(right), trim(cells[i + 2]) == "yes") << kOrder[i] << " " << right;
  }
  EXPECT_EQ(rights, all_rights().size());
}

TEST(Rights, AreInOrderAndThereOnce) {
  EXPECT_TRUE(std::ranges::is_sorted(all_rights(), std::ranges::less_equal{}));
  EXPECT_TRUE(is_scopable("agents:read"));
  EXPECT_TRUE(is_scopable("reports:read"));
  EXPECT_FALSE(is_scopable("reports:write"));
  EXPECT_TRUE(is_scopable("searches:read"));
  EXPECT_FALSE(is_scopable("searches:write"));
  EXPECT_FALSE(is_scopable("users:read"));
}

}  // namespace
}  // namespace warder::manager
