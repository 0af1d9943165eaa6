// Profiles of password rules, named after the standard they follow, and in which points the rules of one break another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manager/passwords/rules.h"

namespace warder::manager {

/// What a standard says about one rule: `at_least` <= value <= `at_most`.
struct Demand {
  std::string_view rule;
  std::int64_t at_least;
  std::int64_t at_most;
  std::string_view clause;              // where it says so
  std::int64_t at_least_with_two = -1;  // instead, where everybody has a second factor; -1: the same
};

struct PasswordProfile {
  std::string_view id;   // "pci-4.0.1+seed"
  std::int64_t version;  // counts up when its rules change; older ones stay for who has chosen them
  std::string_view title;
  PasswordRules rules;
  std::span<const Demand> demands;
};

/// A rule in which a set of rules does not do what a profile's standard says.
struct Conflict {
  std::string_view profile;
  std::string_view rule;
  std::string_view clause;
  std::int64_t value;     // what the rules say
  std::int64_t at_least;  // what they should say
  std::int64_t at_most;
};

inline constexpr std::string_view kDefaultProfile = "pci-4.0.1+seed";

/// The newest version of each.
std::span<const PasswordProfile> password_profiles();
/// nullptr when there is none. Version 0: the newest.
const PasswordProfile* find_password_profile(std::string_view id, std::int64_t version = 0);

/// In which points `rules` break `profile`; empty: in none.
std::vector<Conflict> conflicts_of(const PasswordRules& rules, const PasswordProfile& profile);
/// The same for all profiles.
std::vector<Conflict> conflicts_of(const PasswordRules& rules);

/// The least that an operator allows: a profile, or none (""), with single rules ("min_length=14") in place of its own.
/// Nothing when both are empty. Invalid for what there is not.
Result<std::optional<PasswordRules>> parse_password_floor(std::string_view profile,
                                                          const std::vector<std::string>& rules);

}  // namespace warder::manager
