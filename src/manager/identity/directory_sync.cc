#include "manager/identity/directory_sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "manager/identity/provider_ldap.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

/// As many may always go: a small team has leavers too.
constexpr std::size_t kMayAlwaysLeave = 2;

using People = std::map<std::string, const DirectoryPerson*, std::less<>>;

bool is_let_in(const DirectoryPerson* person) {
  return person != nullptr && (person->state == AccountState::Active || person->state == AccountState::Locked);
}

const DirectoryPerson* find_in(const People& people, const std::string& subject) {
  const auto found = people.find(subject);
  return found == people.end() ? nullptr : found->second;
}

std::string_view why_gone(const DirectoryPerson* person) {
  return person == nullptr ? "gone" : name(person->state);
}

}  // namespace

ExternalPerson external_person(const IdentityProviderId& provider, const DirectoryPerson& person) {
  return {provider, person.subject, person.username, person.display_name, person.email, person.groups, false};
}

Result<SyncReport> DirectorySync::run(const TenantScope& scope, const IdentityProviderId& id, bool accepts_leaving) {
  const IdentityProvider provider = WD_TRY(parts_.providers.find(scope, id));
  if (provider.kind != "ldap") return fail(ErrorCode::Invalid, "this identity provider is no directory");
  if (!provider.is_enabled) return fail(ErrorCode::Invalid, "this identity provider is not enabled");
  auto report = compare(scope, provider, accepts_leaving);
  WD_TRY(note(scope, provider, report));
  WD_TRY(tell(scope, provider, report ? std::string() : report.error().message));
  return report;
}

Result<std::vector<SyncOutcome>> DirectorySync::run_due(const TenantScope& scope) {
  std::vector<SyncOutcome> outcomes;
  for (const IdentityProvider& provider : WD_TRY(parts_.providers.list(scope))) {
    if (provider.kind != "ldap" || !provider.is_enabled || !WD_TRY(claim(scope, provider))) continue;
    outcomes.push_back({provider.id, provider.name, run(scope, provider.id)});
  }
  return outcomes;
}

/// Of several managers one gets it: the row says when the last began.
Result<bool> DirectorySync::claim(const TenantScope& scope, const IdentityProvider& provider) {
  const LdapSettings settings = WD_TRY(read_ldap_settings(provider.settings));
  const std::int64_t now = to_micros(parts_.clock.now());
  const std::int64_t due = now - settings.sync_interval_s * 1'000'000;
  auto db = WD_TRY(parts_.tenants.config(scope).acquire());
  WD_TRY(
      db->execute("INSERT INTO directory_syncs (provider_id, begun, ended, error) VALUES (?1, ?2, NULL, '') "
                  "ON CONFLICT (provider_id) DO NOTHING",
                  {provider.id.text(), std::int64_t{0}}));
  return WD_TRY(db->execute("UPDATE directory_syncs SET begun = ?2 WHERE provider_id = ?1 AND begun <= ?3",
                            {provider.id.text(), now, due})) == 1;
}

Result<SyncReport> DirectorySync::compare(const TenantScope& scope, const IdentityProvider& provider,
                                          bool accepts_leaving) {
  const LdapSettings settings = WD_TRY(read_ldap_settings(provider.settings));
  const std::string password = WD_TRY(parts_.providers.secret(scope, provider.id));
  const auto users = WD_TRY(parts_.users.list(scope, provider.id));
  std::set<std::string> subjects;
  for (const ExternalIdentity& user : users) subjects.insert(user.subject);
  const DirectorySnapshot snapshot =
      WD_TRY(parts_.directories.snapshot(directory_settings(settings, password), subjects, parts_.clock.now()));
  if (snapshot.everybody == 0) return fail(ErrorCode::Unavailable, "the directory lists nobody at all");

  People people;
  for (const DirectoryPerson& person : snapshot.people) people[person.subject] = &person;
  std::size_t present = 0;
  std::size_t leaving = 0;
  for (const ExternalIdentity& user : users) {
    if (user.is_disabled) continue;
    ++present;
    if (!snapshot.unread.contains(user.subject) && !is_let_in(find_in(people, user.subject))) ++leaving;
  }
  const auto allowed = static_cast<std::size_t>(settings.max_leaving_percent) * present / 100;
  if (!accepts_leaving && leaving > kMayAlwaysLeave && leaving > allowed) {
    return fail(ErrorCode::Conflict,
                fmt::format("{} of {} users would be disabled, more than max_leaving_percent", leaving, present));
  }
  SyncReport report;
  report.users = users.size();
  report.everybody = snapshot.everybody;
  for (const ExternalIdentity& user : users) {
    if (snapshot.unread.contains(user.subject)) {
      ++report.failed;
      continue;
    }
    WD_TRY(follow(scope, provider.id, user, find_in(people, user.subject), report));
  }
  return report;
}

Result<void> DirectorySync::follow(const TenantScope& scope, const IdentityProviderId& provider,
                                   const ExternalIdentity& user, const DirectoryPerson* person, SyncReport& report) {
  if (!is_let_in(person)) {
    if (user.is_disabled) return {};
    WD_TRY(parts_.users.leave(scope, provider, user.subject, why_gone(person)));
    ++report.left;
    return {};
  }
  const auto before = WD_TRY(parts_.users.find(scope, provider, user.subject));
  const auto admitted = parts_.users.admit(scope, external_person(provider, *person));
  if (admitted) {
    if (before && before->version != admitted->version) ++report.changed;
    return {};
  }
  const ErrorCode code = admitted.error().code;
  if (code == ErrorCode::Forbidden) {  // no group of theirs gives a role: admit has disabled them
    if (!user.is_disabled) ++report.left;
    return {};
  }
  if (code != ErrorCode::Conflict && code != ErrorCode::Invalid) return fail(admitted.error());
  ++report.failed;
  return {};
}

Result<void> DirectorySync::note(const TenantScope& scope, const IdentityProvider& provider,
                                 const Result<SyncReport>& report) {
  const std::string object = "identity-provider:" + provider.id.text();
  const std::int64_t now = to_micros(parts_.clock.now());
  auto db = WD_TRY(parts_.tenants.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const std::string error = report ? std::string() : report.error().message;
  WD_TRY(
      db->execute("INSERT INTO directory_syncs (provider_id, begun, ended, error) VALUES (?1, ?2, ?2, ?3) "
                  "ON CONFLICT (provider_id) DO UPDATE SET ended = excluded.ended, error = excluded.error",
                  {provider.id.text(), now, error}));
  if (!report) {
    WD_TRY(parts_.audit.append_in(*db, scope,
                                  {"identity-provider.sync", object, AuditOutcome::Failure, {{"error", error}}}));
  } else if (report->changed + report->left + report->failed > 0) {
    WD_TRY(parts_.audit.append_in(*db, scope,
                                  {"identity-provider.sync",
                                   object,
                                   AuditOutcome::Success,
                                   {{"users", report->users},
                                    {"changed", report->changed},
                                    {"left", report->left},
                                    {"failed", report->failed}}}));
  }
  return tx.commit();
}

/// The row says what was told, so that of several managers, and of many rounds, one tells.
Result<void> DirectorySync::tell(const TenantScope& scope, const IdentityProvider& provider, const std::string& error) {
  if (!tell_) return {};
  const std::int64_t is_failing = error.empty() ? 0 : 1;
  const auto set_told = [&](std::int64_t is_told) -> Result<std::int64_t> {
    auto db = WD_TRY(parts_.tenants.config(scope).acquire());
    return db->execute("UPDATE directory_syncs SET is_told = ?2 WHERE provider_id = ?1 AND COALESCE(is_told, 0) <> ?2",
                       {provider.id.text(), is_told});
  };
  if (WD_TRY(set_told(is_failing)) == 0) return {};
  const auto told = tell_(scope, {provider.name, error});
  if (!told) WD_TRY(set_told(1 - is_failing));
  return told;
}

Result<std::optional<SyncState>> DirectorySync::last(const TenantScope& scope, const IdentityProviderId& provider) {
  auto db = WD_TRY(parts_.tenants.config(scope).acquire());
  return read_row(*db, "SELECT ended, error FROM directory_syncs WHERE provider_id = ?1 AND ended IS NOT NULL",
                  {provider.text()}, [](const Row& row) -> Result<SyncState> {
                    return SyncState{from_micros(row.integer(0)), row.text(1)};
                  });
}

FeatureSchema directory_sync_schema() {
  return {"directory-sync",
          {{1,
            "create",
            {"CREATE TABLE directory_syncs (provider_id TEXT PRIMARY KEY, begun BIGINT NOT NULL, ended BIGINT, "
             "error TEXT NOT NULL)"}},
           {2, "whether an outage was told of", {"ALTER TABLE directory_syncs ADD COLUMN is_told INTEGER"}}},
          {{"directory_syncs", "provider_id", PersonalData::None},
           {"directory_syncs", "begun", PersonalData::None},
           {"directory_syncs", "ended", PersonalData::None},
           {"directory_syncs", "error", PersonalData::None},
           {"directory_syncs", "is_told", PersonalData::None}}};
}

}  // namespace warder::manager
