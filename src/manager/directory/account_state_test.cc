#include "manager/directory/account_state.h"

#include <gtest/gtest.h>

#include <map>

namespace warder::manager {
namespace {

// 2026-01-01T00:00:00Z, also as 100 ns since 1601.
constexpr std::int64_t kNow = 1'767'225'600'000'000;
constexpr const char* kNowAsFileTime = "134116992000000000";
constexpr const char* kOneMicrosecondLater = "134116992000000010";

AccountState state_of(const std::map<std::string, std::string>& attributes) {
  DirectoryEntry entry;
  for (const auto& [name, value] : attributes) entry.attributes[name] = {value};
  return account_state(entry, from_micros(kNow));
}

TEST(AccountState, ReadsTheMarksOfEachDirectory) {
  struct Case {
    const char* name;
    std::map<std::string, std::string> attributes;
    AccountState state;
  };
  const std::vector<Case> cases{
      {"nothing", {}, AccountState::Active},
      {"a normal account", {{"useraccountcontrol", "512"}}, AccountState::Active},
      {"disabled", {{"useraccountcontrol", "514"}}, AccountState::Disabled},
      {"a negative number with the bit", {{"useraccountcontrol", "-2147483134"}}, AccountState::Disabled},
      {"no number", {{"useraccountcontrol", "512x"}}, AccountState::Disabled},
      {"locked", {{"useraccountcontrol", "512"}, {"msds-user-account-control-computed", "16"}}, AccountState::Locked},
      {"the lock is over",
       {{"useraccountcontrol", "512"},
        {"msds-user-account-control-computed", "0"},
        {"lockouttime", "133000000000000000"}},
       AccountState::Active},
      {"locked, as far as is known", {{"lockouttime", "133000000000000000"}}, AccountState::Locked},
      {"not locked", {{"lockouttime", "0"}}, AccountState::Active},
      {"never expires", {{"accountexpires", "9223372036854775807"}}, AccountState::Active},
      {"never expires either", {{"accountexpires", "0"}}, AccountState::Active},
      {"expires now", {{"accountexpires", kNowAsFileTime}}, AccountState::Expired},
      {"expires soon", {{"accountexpires", kOneMicrosecondLater}}, AccountState::Active},
      {"expires at no time", {{"accountexpires", "soon"}}, AccountState::Disabled},
      {"locked for good", {{"pwdaccountlockedtime", "000001010000Z"}}, AccountState::Disabled},
      {"locked for a while", {{"pwdaccountlockedtime", "20260101000000Z"}}, AccountState::Locked},
      {"389", {{"nsaccountlock", "TRUE"}}, AccountState::Disabled},
      {"389, not", {{"nsaccountlock", "false"}}, AccountState::Active},
      {"eDirectory", {{"logindisabled", "true"}}, AccountState::Disabled},
      {"the worst holds", {{"useraccountcontrol", "514"}, {"accountexpires", kNowAsFileTime}}, AccountState::Disabled},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(state_of(each.attributes), each.state);
  }
}

}  // namespace
}  // namespace warder::manager
