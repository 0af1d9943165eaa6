#include "manager/passwords/profiles.h"

#include <algorithm>
#include <limits>

#include "base/json.h"

namespace warder::manager {

namespace {

constexpr std::int64_t kAny = std::numeric_limits<std::int32_t>::max();

// The nine rules of 2018. Those about mail, sharing, encryption and compromise the product keeps in every profile.
constexpr Demand kSeed[] = {
    {"min_length", 8, kAny, "2018 rule 6"}, {"letters_and_digits", 1, 1, "2018 rule 6"},
    {"both_cases", 1, 1, "2018 rule 7"},    {"max_age_days", 1, 90, "2018 rule 1"},
    {"history", 1, kAny, "2018 rule 8"},    {"no_personal_words", 1, 1, "2018 rule 9"},
};

constexpr Demand kPciAndSeed[] = {
    {"min_length", 12, kAny, "PCI DSS 4.0.1, 8.3.6"},
    {"letters_and_digits", 1, 1, "PCI DSS 4.0.1, 8.3.6; 2018 rule 6"},
    {"both_cases", 1, 1, "2018 rule 7"},
    {"max_age_days", 1, 90, "2018 rule 1; PCI DSS 4.0.1, 8.3.9"},
    {"history", 4, kAny, "PCI DSS 4.0.1, 8.3.7; 2018 rule 8"},
    {"no_personal_words", 1, 1, "2018 rule 9"},
    {"lock_after", 1, 10, "PCI DSS 4.0.1, 8.3.4"},
    {"lock_s", 1800, kAny, "PCI DSS 4.0.1, 8.3.4"},
    {"idle_s", 1, 900, "PCI DSS 4.0.1, 8.2.8"},
};

constexpr Demand kPciWithMfa[] = {
    {"min_length", 12, kAny, "PCI DSS 4.0.1, 8.3.6"}, {"letters_and_digits", 1, 1, "PCI DSS 4.0.1, 8.3.6"},
    {"second_factor", 1, 1, "PCI DSS 4.0.1, 8.3.9"},  {"history", 4, kAny, "PCI DSS 4.0.1, 8.3.7"},
    {"lock_after", 1, 10, "PCI DSS 4.0.1, 8.3.4"},    {"lock_s", 1800, kAny, "PCI DSS 4.0.1, 8.3.4"},
    {"idle_s", 1, 900, "PCI DSS 4.0.1, 8.2.8"},
};

constexpr Demand kNist[] = {
    {"min_length", 15, kAny, "NIST SP 800-63B-4, 3.1.1.2", 8},
    {"max_length", 64, kAny, "NIST SP 800-63B-4, 3.1.1.2"},
    {"letters_and_digits", 0, 0, "NIST SP 800-63B-4, 3.1.1.2"},
    {"both_cases", 0, 0, "NIST SP 800-63B-4, 3.1.1.2"},
    {"max_age_days", 0, 0, "NIST SP 800-63B-4, 3.1.1.2"},
    {"no_known_passwords", 1, 1, "NIST SP 800-63B-4, 3.1.1.2"},
    {"no_personal_words", 1, 1, "NIST SP 800-63B-4, 3.1.1.2"},
    {"lock_after", 1, 100, "NIST SP 800-63B-4, 3.2.2"},
};

constexpr Demand kAsvs[] = {
    {"min_length", 8, kAny, "ASVS 5.0, 6.2.1"},      {"max_length", 64, kAny, "ASVS 5.0, 6.2.9"},
    {"letters_and_digits", 0, 0, "ASVS 5.0, 6.2.5"}, {"both_cases", 0, 0, "ASVS 5.0, 6.2.5"},
    {"max_age_days", 0, 0, "ASVS 5.0, 6.2.10"},      {"no_known_passwords", 1, 1, "ASVS 5.0, 6.2.4 and 6.2.12"},
    {"no_personal_words", 1, 1, "ASVS 5.0, 6.2.11"}, {"second_factor", 1, 1, "ASVS 5.0, 6.3.3"},
    {"lock_after", 1, 100, "ASVS 5.0, 6.3.1"},
};

PasswordRules pci_and_seed() {
  PasswordRules rules;
  rules.min_length = 12;
  rules.letters_and_digits = true;
  rules.both_cases = true;
  rules.max_age_days = 90;
  rules.min_age_hours = 24;
  rules.history = 4;
  rules.max_sessions = 20;
  return rules;
}

PasswordRules seed() {
  PasswordRules rules = pci_and_seed();
  rules.min_length = 8;
  rules.no_known_passwords = false;
  rules.idle_s = 1800;
  return rules;
}

PasswordRules pci_with_mfa() {
  PasswordRules rules = pci_and_seed();
  rules.both_cases = false;
  rules.max_age_days = 0;
  rules.second_factor = true;
  return rules;
}

PasswordRules nist() {
  PasswordRules rules;
  rules.min_length = 15;
  rules.lock_after = 20;
  rules.lock_s = 900;
  rules.idle_s = 3600;
  rules.session_s = 86'400;
  return rules;
}

PasswordRules asvs() {
  PasswordRules rules = nist();
  rules.min_length = 15;  // 8 is the least, 15 is "strongly recommended"
  rules.second_factor = true;
  rules.idle_s = 1800;
  rules.session_s = 43'200;
  return rules;
}

Conflict conflict_with(const PasswordProfile& profile, const Demand& demand, std::int64_t value,
                       std::int64_t at_least) {
  return {profile.id, demand.rule, demand.clause, value, at_least, demand.at_most};
}

}  // namespace

std::span<const PasswordProfile> password_profiles() {
  static const PasswordProfile kProfiles[] = {
      {"pci-4.0.1+seed", 1, "PCI DSS 4.0.1 and the nine rules of 2018", pci_and_seed(), kPciAndSeed},
      {"seed-2018", 1, "The nine rules of 2018", seed(), kSeed},
      {"pci-4.0.1+mfa", 1, "PCI DSS 4.0.1 with a second factor: no change every 90 days", pci_with_mfa(), kPciWithMfa},
      {"nist-63b-4", 1, "NIST SP 800-63B-4", nist(), kNist},
      {"asvs-5-l2", 1, "OWASP ASVS 5.0, level 2", asvs(), kAsvs},
  };
  return kProfiles;
}

const PasswordProfile* find_password_profile(std::string_view id, std::int64_t version) {
  const auto profiles = password_profiles();
  const auto found = std::ranges::find_if(profiles, [&](const PasswordProfile& profile) {
    return profile.id == id && (version == 0 || profile.version == version);
  });
  return found == profiles.end() ? nullptr : &*found;
}

std::vector<Conflict> conflicts_of(const PasswordRules& rules, const PasswordProfile& profile) {
  std::vector<Conflict> conflicts;
  for (const Demand& demand : profile.demands) {
    const bool has_own_least = rules.second_factor && demand.at_least_with_two >= 0;
    const std::int64_t at_least = has_own_least ? demand.at_least_with_two : demand.at_least;
    const std::int64_t value = value_of(rules, demand.rule);
    if (value < at_least || value > demand.at_most)
      conflicts.push_back(conflict_with(profile, demand, value, at_least));
  }
  return conflicts;
}

Result<std::optional<PasswordRules>> parse_password_floor(std::string_view profile,
                                                          const std::vector<std::string>& rules) {
  if (profile.empty() && rules.empty()) return std::optional<PasswordRules>();
  PasswordRules floor = weakest_rules();
  if (!profile.empty()) {
    const PasswordProfile* const found = find_password_profile(profile);
    if (found == nullptr) return fail(ErrorCode::Invalid, "there is no profile '" + std::string(profile) + "'");
    floor = found->rules;
  }
  json::object document;
  for (const std::string& rule : rules) {
    const std::size_t equals = rule.find('=');
    if (equals == std::string::npos) return fail(ErrorCode::Invalid, "'" + rule + "': write RULE=VALUE");
    document[rule.substr(0, equals)] = WD_TRY(parse_json(rule.substr(equals + 1)).in(rule));
  }
  WD_TRY(apply_json(bind_fields(floor), document));
  return std::optional(floor);
}

std::vector<Conflict> conflicts_of(const PasswordRules& rules) {
  std::vector<Conflict> all;
  for (const PasswordProfile& profile : password_profiles())
    for (const Conflict& conflict : conflicts_of(rules, profile)) all.push_back(conflict);
  return all;
}

}  // namespace warder::manager
