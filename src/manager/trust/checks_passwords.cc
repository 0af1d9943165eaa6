#include <set>

#include "base/random.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/identity/second_factors.h"
#include "manager/identity/user_secrets.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

constexpr std::string_view kLower = "bcdfghjkmnpqrstvwxz";
constexpr std::string_view kUpper = "BCDFGHJKMNPQRSTVWXZ";
constexpr std::string_view kDigits = "26";  // the others are read as letters, too, and could make up a name
constexpr std::string_view kFamily = "Wagenknecht";

/// Random, of these letters in turn: nothing but the rule that is tried can be the reason to refuse it.
std::string random_text(std::initializer_list<std::string_view> kinds, std::size_t length) {
  std::string text;
  while (text.size() < length)
    for (const std::string_view kind : kinds) text.push_back(kind[random_bytes(1)[0] % kind.size()]);
  text.resize(length);
  return text;
}

struct Probe {
  std::string_view what;
  std::string password;
};

/// When not even strong ones are taken, refusals say nothing. One alone may have the tenant's name in it by chance.
Result<void> takes_strong_ones(PasswordPolicies& policies, const TenantScope& scope,
                               const std::vector<std::string>& personal) {
  constexpr int kTries = 8;
  Result<void> taken;
  for (int i = 0; i < kTries; ++i) {
    taken = policies.check(scope, random_text({kLower, kDigits, kUpper}, 40), personal, "");
    if (taken) break;
  }
  return taken;
}

Result<CheckOutcome> try_on_all(const CheckParts& parts, const std::vector<Probe>& probes) {
  const std::vector<std::string> personal = {"Martha " + std::string(kFamily)};
  PasswordPolicies& policies = parts.identity.password_policies();
  std::int64_t tenants = 0;
  for (const TenantScope& scope : every_tenant(parts)) {
    WD_TRY(takes_strong_ones(policies, scope, personal).in("a strong password is refused"));
    for (const Probe& probe : probes)
      if (policies.check(scope, probe.password, personal, ""))
        return failed("tenant " + scope.tenant().text() + " takes " + std::string(probe.what));
    ++tenants;
  }
  return passed("refused by the rules of " + std::to_string(tenants) + " tenants");
}

Result<CheckOutcome> look_at_rules(const CheckParts& parts, const std::function<bool(const PasswordRules&)>& is_good) {
  for (const TenantScope& scope : every_tenant(parts)) {
    const PasswordRules rules = WD_TRY(parts.identity.password_policies().rules(scope));
    if (!is_good(rules)) return failed("tenant " + scope.tenant().text() + " has other rules");
  }
  return passed("so say the rules of all tenants");
}

/// "$argon2id$v=19$m=65536,t=3,p=4$salt$hash": memory in KiB and salt; nothing when it is none.
struct Hash {
  std::int64_t memory_kib = 0;
  std::string salt;
};
std::optional<Hash> read_hash(std::string_view text) {
  const auto parts = split(text, '$');
  if (parts.size() != 6 || parts[1] != "argon2id" || !parts[3].starts_with("m=")) return std::nullopt;
  const std::string_view memory = parts[3].substr(2, parts[3].find(',') - 2);
  const auto kib = parse_integer<std::int64_t>(memory);
  if (!kib) return std::nullopt;
  return Hash{*kib, std::string(parts[4])};
}

}  // namespace

Result<CheckOutcome> check_password_length(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return try_on_all(parts, {{"seven characters", random_text({kLower, kDigits, kUpper}, 7)}});
}

Result<CheckOutcome> check_password_letters_and_digits(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return try_on_all(parts,
                    {{"no digits", random_text({kLower, kUpper}, 40)}, {"no letters", random_text({kDigits}, 40)}});
}

Result<CheckOutcome> check_password_cases(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return try_on_all(parts, {{"no capital letters", random_text({kLower, kDigits}, 40)},
                            {"no small letters", random_text({kUpper, kDigits}, 40)}});
}

Result<CheckOutcome> check_password_personal(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return try_on_all(parts, {{"the user's name", random_text({kLower, kDigits, kUpper}, 20) + std::string(kFamily)}});
}

Result<CheckOutcome> check_password_age(const CheckParts& parts, const std::stop_token& /*stop*/) {
  User user;
  user.password_changed = parts.clock.now() - std::chrono::days(93);
  return look_at_rules(parts, [&](const PasswordRules& rules) {
    const auto expiry = password_expiry(user, rules);
    return expiry && *expiry <= parts.clock.now();
  });
}

Result<CheckOutcome> check_password_history(const CheckParts& parts, const std::stop_token& /*stop*/) {
  constexpr std::int64_t kLeast = 4;  // PCI DSS 4.0.1, 8.3.7
  return look_at_rules(parts, [](const PasswordRules& rules) { return rules.history >= kLeast; });
}

Result<CheckOutcome> check_password_storage(const CheckParts& parts, const std::stop_token& /*stop*/) {
  constexpr std::int64_t kLeastKib = 19 << 10;
  std::set<std::string> salts;
  std::int64_t count = 0;
  const auto read = [](const Row& row) -> Result<std::string> { return row.text(0); };
  for (const TenantScope& scope : every_tenant(parts)) {
    auto db = WD_TRY(parts.tenants.config(scope).acquire());
    // The same hash may stand in both tables.
    const auto hashes = WD_TRY(read_rows(
        *db, "SELECT password_hash FROM users WHERE password_hash <> ?1 UNION SELECT hash FROM password_history",
        {std::string(kNoPassword)}, read));
    for (const std::string& text : hashes) {
      const auto hash = read_hash(text);
      if (!hash) return failed("tenant " + scope.tenant().text() + ": a password is not stored as an Argon2id hash");
      if (hash->memory_kib < kLeastKib) return failed("tenant " + scope.tenant().text() + ": a hash is too cheap");
      if (!salts.insert(hash->salt).second)
        return failed("tenant " + scope.tenant().text() + ": two hashes have one salt");
      ++count;
    }
  }
  if (count == 0) return fail(ErrorCode::Unavailable, "no password is stored");
  return passed(std::to_string(count) + " hashes, each with a salt of its own");
}

Result<CheckOutcome> check_second_factors(const CheckParts& parts, const std::stop_token& /*stop*/) {
  const TenantScope first = WD_TRY(parts.center.scope());
  SecondFactors factors(parts.tenants, parts.audit, parts.clock);
  const PasswordPolicy policy = WD_TRY(parts.identity.password_policies().in_force(first));
  Ratio ratio;
  std::string without;
  std::string cursor;
  do {
    const UserPage page = WD_TRY(parts.identity.users().list(first, 500, cursor));
    for (const User& user : page.items) {
      if (!user.may_log_in()) continue;
      ++ratio.all;
      const bool is_bound = policy.wants_second_factor(user.roles) || WD_TRY(factors.state(first, user.id)).has_any();
      if (is_bound) ++ratio.good;
      if (!is_bound && without.empty()) without = user.id.text();
    }
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  if (ratio.all == 0) return fail(ErrorCode::Unavailable, "there is no account");
  if (ratio.good < ratio.all) return failed("user " + without + " has no second factor, and needs none", ratio);
  return passed("every account", ratio);
}

}  // namespace warder::manager
