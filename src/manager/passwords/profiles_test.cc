#include "manager/passwords/profiles.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json.h"

namespace warder::manager {
namespace {

std::set<std::string> broken_points(std::string_view rules_of, std::string_view standard) {
  std::set<std::string> points;
  for (const Conflict& conflict :
       conflicts_of(find_password_profile(rules_of)->rules, *find_password_profile(standard)))
    points.emplace(conflict.rule);
  return points;
}

TEST(PasswordProfiles, KeepTheirOwnStandard) {
  for (const PasswordProfile& profile : password_profiles()) {
    EXPECT_TRUE(conflicts_of(profile.rules, profile).empty()) << profile.id;
    EXPECT_TRUE(apply_json(bind_fields(*std::make_unique<PasswordRules>(profile.rules)),
                           to_json(bind_fields(*std::make_unique<PasswordRules>(profile.rules)))))
        << profile.id;
  }
  EXPECT_TRUE(find_password_profile(kDefaultProfile));
  EXPECT_FALSE(find_password_profile("pci-3"));
  EXPECT_FALSE(find_password_profile("seed-2018", 99));
}

TEST(PasswordProfiles, TheStricterRuleOfTwoIsTakenOfEach) {
  PasswordRules a = find_password_profile("nist-63b-4")->rules;
  a.max_sessions = 3;
  const PasswordRules& b = find_password_profile("pci-4.0.1+seed")->rules;
  const PasswordRules both = stricter_of(a, b);
  EXPECT_EQ(both, stricter_of(b, a));
  EXPECT_EQ(both.min_length, 15);
  EXPECT_EQ(both.max_age_days, 90) << "0 stands for no limit";
  EXPECT_TRUE(both.both_cases);
  EXPECT_EQ(both.lock_after, 10);
  EXPECT_EQ(both.lock_s, 1800);
  EXPECT_EQ(both.idle_s, 900);
  EXPECT_EQ(both.max_sessions, 3);
  for (const PasswordRules* part : std::initializer_list<const PasswordRules*>{&a, &b}) {
    EXPECT_TRUE(check_not_weaker(both, *part));
    EXPECT_TRUE(check_not_weaker(*part, weakest_rules()));
    EXPECT_EQ(stricter_of(*part, weakest_rules()), *part);
  }
}

TEST(PasswordProfiles, AFloorIsAProfileSingleRulesOrBoth) {
  EXPECT_FALSE(parse_password_floor("", {}).value());
  EXPECT_EQ(**parse_password_floor("asvs-5-l2", {}), find_password_profile("asvs-5-l2")->rules);
  PasswordRules alone = weakest_rules();
  alone.min_length = 14;
  alone.second_factor = true;
  EXPECT_EQ(**parse_password_floor("", {"min_length=14", "second_factor=true"}), alone);
  EXPECT_EQ(parse_password_floor("nist-63b-4", {"min_length=10"}).value()->min_length, 10);
  EXPECT_FALSE(parse_password_floor("nist", {}));
  for (const char* rule : {"min_length", "min_length=1", "min_length=x", "min_size=12"})
    EXPECT_FALSE(parse_password_floor("", {rule})) << rule;
}

TEST(PasswordProfiles, SayInWhichPointsTheyBreakEachOther) {
  using Points = std::set<std::string>;
  const struct {
    const char* rules;
    const char* standard;
    Points broken;
  } cases[] = {
      {"pci-4.0.1+seed", "seed-2018", {}},
      {"pci-4.0.1+seed", "pci-4.0.1+mfa", {"second_factor"}},
      {"pci-4.0.1+seed", "nist-63b-4", {"min_length", "letters_and_digits", "both_cases", "max_age_days"}},
      {"pci-4.0.1+seed", "asvs-5-l2", {"letters_and_digits", "both_cases", "max_age_days", "second_factor"}},
      {"seed-2018", "pci-4.0.1+seed", {"min_length", "idle_s"}},
      {"pci-4.0.1+mfa", "seed-2018", {"both_cases", "max_age_days"}},
      {"pci-4.0.1+mfa", "nist-63b-4", {"letters_and_digits"}},
      {"nist-63b-4", "seed-2018", {"letters_and_digits", "both_cases", "max_age_days", "history"}},
      {"nist-63b-4", "asvs-5-l2", {"second_factor"}},
      {"asvs-5-l2", "nist-63b-4", {}},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(std::string(each.rules) + " against " + each.standard);
    EXPECT_EQ(broken_points(each.rules, each.standard), each.broken);
  }
}

TEST(PasswordProfiles, SayWhereTheStandardSaysIt) {
  const auto conflicts = conflicts_of(find_password_profile("nist-63b-4")->rules, *find_password_profile("seed-2018"));
  ASSERT_FALSE(conflicts.empty());
  EXPECT_EQ(conflicts[0].clause, "2018 rule 6");
  EXPECT_EQ(conflicts[0].rule, "letters_and_digits");
  EXPECT_EQ(conflicts[0].value, 0);
  EXPECT_EQ(conflicts[0].at_least, 1);
}

TEST(PasswordRules, MayOnlyBecomeStricter) {
  const PasswordRules base = find_password_profile(kDefaultProfile)->rules;
  const struct {
    std::int64_t PasswordRules::*rule;
    std::int64_t value;
    bool is_taken;
  } cases[] = {
      {&PasswordRules::min_length, 13, true},     {&PasswordRules::min_length, 11, false},
      {&PasswordRules::max_age_days, 30, true},   {&PasswordRules::max_age_days, 91, false},
      {&PasswordRules::max_age_days, 0, false},   {&PasswordRules::history, 10, true},
      {&PasswordRules::history, 3, false},        {&PasswordRules::lock_after, 5, true},
      {&PasswordRules::lock_after, 11, false},    {&PasswordRules::lock_s, 1799, false},
      {&PasswordRules::idle_s, 60, true},         {&PasswordRules::idle_s, 901, false},
      {&PasswordRules::session_s, 43'201, false}, {&PasswordRules::max_sessions, 1, true},
      {&PasswordRules::max_sessions, 0, false},   {&PasswordRules::min_age_hours, 23, false},
      {&PasswordRules::max_length, 64, false},
  };
  for (const auto& each : cases) {
    PasswordRules rules = base;
    rules.*each.rule = each.value;
    EXPECT_EQ(check_not_weaker(rules, base).has_value(), each.is_taken) << each.value;
  }
  PasswordRules rules = base;
  rules.both_cases = false;
  EXPECT_FALSE(check_not_weaker(rules, base));
}

/// A rule that no direction knows could be weakened unseen.
TEST(PasswordRules, AreEachHeldAgainstTheProfile) {
  for (const AnyField& field : bind_fields(*std::make_unique<PasswordRules>())) {
    bool is_seen = false;
    for (const std::int64_t change : {-1, 1}) {
      PasswordRules base;
      PasswordRules other;
      for (PasswordRules* rules : {&base, &other}) {
        rules->letters_and_digits = rules->both_cases = rules->second_factor = true;
        rules->max_age_days = rules->min_age_hours = rules->history = rules->max_sessions = 10;
      }
      const auto rows = bind_fields(other);
      const AnyField& row = *find_field(rows, field.key);
      if (auto* const* flag = std::get_if<bool*>(&row.value)) **flag = false;
      if (auto* const* number = std::get_if<std::int64_t*>(&row.value)) **number += change;
      is_seen = is_seen || !check_not_weaker(other, base);
    }
    EXPECT_TRUE(is_seen) << field.key;
  }
}

}  // namespace
}  // namespace warder::manager
