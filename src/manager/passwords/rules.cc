#include "manager/passwords/rules.h"

#include <array>
#include <limits>

namespace warder::manager {

namespace {

enum class Stricter : std::uint8_t { Higher, Lower };

/// Which way is stricter; for the lower way 0 stands for no limit.
struct Direction {
  std::string_view rule;
  Stricter stricter;
};

constexpr std::array kDirections = {
    Direction{"min_length", Stricter::Higher},
    Direction{"letters_and_digits", Stricter::Higher},
    Direction{"both_cases", Stricter::Higher},
    Direction{"max_age_days", Stricter::Lower},
    Direction{"min_age_hours", Stricter::Higher},
    Direction{"history", Stricter::Higher},
    Direction{"no_personal_words", Stricter::Higher},
    Direction{"no_known_passwords", Stricter::Higher},
    Direction{"second_factor", Stricter::Higher},
    Direction{"lock_after", Stricter::Lower},
    Direction{"lock_s", Stricter::Higher},
    Direction{"idle_s", Stricter::Lower},
    Direction{"session_s", Stricter::Lower},
    Direction{"max_sessions", Stricter::Lower},
    Direction{"max_length", Stricter::Higher},  // a shorter limit only keeps good passwords out
};

std::int64_t strictness(const PasswordRules& rules, const Direction& direction) {
  const std::int64_t value = value_of(rules, direction.rule);
  if (direction.stricter == Stricter::Higher) return value;
  return value == 0 ? std::numeric_limits<std::int64_t>::min() : -value;
}

/// The field of that name in both; rules are numbers and flags.
void take(PasswordRules& to, const PasswordRules& from, std::string_view rule) {
  for (const Field<PasswordRules>& field : PasswordRules::fields()) {
    if (field.key != rule) continue;
    if (const auto* number = std::get_if<std::int64_t PasswordRules::*>(&field.member)) to.*(*number) = from.*(*number);
    if (const auto* flag = std::get_if<bool PasswordRules::*>(&field.member)) to.*(*flag) = from.*(*flag);
  }
}

}  // namespace

std::span<const Field<PasswordRules>> PasswordRules::fields() {
  using R = PasswordRules;
  constexpr PersonalData kNone = PersonalData::None;
  static constexpr Field<R> kFields[] = {
      {"min_length", &R::min_length, 8, 64, kNone, "Least number of characters, counted after NFKC."},
      {"max_length", &R::max_length, 64, 1024, kNone, "Greatest number of bytes."},
      {"letters_and_digits", &R::letters_and_digits, 0, 1, kNone, "Both letters and digits."},
      {"both_cases", &R::both_cases, 0, 1, kNone,
       "Upper and lower case letters; a letter of a script without case counts as both."},
      {"max_age_days", &R::max_age_days, 0, 3650, kNone, "After so many days it must be changed; 0: never."},
      {"min_age_hours", &R::min_age_hours, 0, 720, kNone, "Before so many hours its owner cannot change it again."},
      {"history", &R::history, 0, 24, kNone, "So many former passwords are not taken again."},
      {"no_personal_words", &R::no_personal_words, 0, 1, kNone,
       "No names, addresses, names of the tenant or the product, in any guise."},
      {"no_known_passwords", &R::no_known_passwords, 0, 1, kNone, "No common or breached passwords."},
      {"second_factor", &R::second_factor, 0, 1, kNone, "Everybody has a second factor."},
      {"lock_after", &R::lock_after, 3, 100, kNone, "So many failures in a row lock the account for a while."},
      {"lock_s", &R::lock_s, 60, 86'400, kNone, "For how long; it opens by itself."},
      {"idle_s", &R::idle_s, 60, 86'400, kNone, "A browser's session ends after so long without a request."},
      {"session_s", &R::session_s, 300, 2'592'000, kNone, "Every session ends after so long."},
      {"max_sessions", &R::max_sessions, 0, 1000, kNone,
       "Sessions of one user at a time, 0: any number; the oldest ends for a new one."},
  };
  return kFields;
}

std::int64_t value_of(const PasswordRules& rules, std::string_view rule) {
  for (const Field<PasswordRules>& field : PasswordRules::fields()) {
    if (field.key != rule) continue;
    if (const auto* number = std::get_if<std::int64_t PasswordRules::*>(&field.member)) return rules.*(*number);
    if (const auto* flag = std::get_if<bool PasswordRules::*>(&field.member)) return rules.*(*flag) ? 1 : 0;
  }
  return 0;
}

Result<void> check_not_weaker(const PasswordRules& rules, const PasswordRules& base, std::string_view what) {
  for (const Direction& direction : kDirections) {
    if (strictness(rules, direction) >= strictness(base, direction)) continue;
    return fail(ErrorCode::Invalid, "/" + std::string(direction.rule) + ": weaker than " + std::string(what) +
                                        ", which is " + std::to_string(value_of(base, direction.rule)));
  }
  return {};
}

PasswordRules stricter_of(const PasswordRules& a, const PasswordRules& b) {
  PasswordRules rules = a;
  for (const Direction& direction : kDirections)
    if (strictness(b, direction) > strictness(a, direction)) take(rules, b, direction.rule);
  return rules;
}

PasswordRules weakest_rules() {
  PasswordRules rules;
  for (const Direction& direction : kDirections) {
    for (const Field<PasswordRules>& field : PasswordRules::fields()) {
      if (field.key != direction.rule) continue;
      const bool is_unlimited = direction.stricter == Stricter::Lower && field.min == 0;
      const auto weakest = direction.stricter == Stricter::Higher || is_unlimited ? field.min : field.max;
      if (const auto* number = std::get_if<std::int64_t PasswordRules::*>(&field.member)) rules.*(*number) = weakest;
      if (const auto* flag = std::get_if<bool PasswordRules::*>(&field.member)) rules.*(*flag) = false;
    }
  }
  return rules;
}

}  // namespace warder::manager
