// The rules a profile sets: what a password must be, how long it holds, and how often one may guess.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/fields.h"
#include "base/result.h"

namespace warder::manager {

struct PasswordRules {
  std::int64_t min_length = 12;  // characters, after NFKC
  std::int64_t max_length = 1024;
  bool letters_and_digits = false;
  bool both_cases = false;
  std::int64_t max_age_days = 0;  // 0: it stays until somebody else may know it
  std::int64_t min_age_hours = 0;
  std::int64_t history = 0;  // so many former ones are not taken again
  bool no_personal_words = true;
  bool no_known_passwords = true;  // common or breached
  bool second_factor = false;      // nobody of the tenant gets far without
  std::int64_t lock_after = 10;    // failures in a row
  std::int64_t lock_s = 1800;
  std::int64_t idle_s = 900;  // of a browser's session
  std::int64_t session_s = 43'200;
  std::int64_t max_sessions = 0;  // of one user; 0: any number. The oldest ends for a new one

  static std::span<const Field<PasswordRules>> fields();
  friend bool operator==(const PasswordRules&, const PasswordRules&) = default;
};

/// The value of a rule, true as 1.
std::int64_t value_of(const PasswordRules& rules, std::string_view rule);

/// Invalid, with the rule's JSON pointer, for a rule that is weaker in `rules` than in `base`.
/// `what`: whose rules the base's are.
Result<void> check_not_weaker(const PasswordRules& rules, const PasswordRules& base,
                              std::string_view what = "the profile");

/// Of each rule the stricter one.
PasswordRules stricter_of(const PasswordRules& a, const PasswordRules& b);
/// The weakest that can be set.
PasswordRules weakest_rules();

}  // namespace warder::manager
