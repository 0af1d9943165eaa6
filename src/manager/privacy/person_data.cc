#include "manager/privacy/person_data.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/events/export.h"
#include "manager/events/filter.h"
#include "manager/privacy/pseudonym.h"
#include "manager/privacy/treatment.h"

namespace warder::manager {
namespace {

constexpr std::size_t kPage = 500;

Filter any_of(std::span<const std::string> values) {
  Filter either{Filter::Kind::Or, {}, {}};
  for (const std::string& value : values)
    either.children.push_back(
        {Filter::Kind::Term, {}, {find_filter_field("any"), FilterOp::Like, {FilterValue{value}}}});
  if (either.children.size() > 1) return either;
  Filter only = std::move(either.children.front());
  return only;
}

/// The filter takes more: parts of words, other case, wildcards.
bool names(const Event& event, std::span<const std::string> values) {
  Event copy = event;
  return take_out(copy, values);
}

bool is_one_of(std::span<const std::string> values, std::string_view text) {
  return std::ranges::any_of(values, [&](const std::string& value) { return equals_ignoring_case(value, text); });
}

json::object json_of(const User& user) {
  json::object made{{"id", user.id.text()},
                    {"username", user.username},
                    {"display_name", user.display_name},
                    {"created", to_rfc3339(user.created)}};
  if (user.email) made["email"] = *user.email;
  if (user.telephone) made["telephone"] = *user.telephone;
  if (user.last_login) made["last_login"] = to_rfc3339(*user.last_login);
  return made;
}

}  // namespace

std::vector<std::string> PersonData::all_of(const TenantScope& scope, std::span<const std::string> values) const {
  const Bytes key = tenants_.derive_key(scope, "pseudonyms");
  std::vector<std::string> all(values.begin(), values.end());
  for (const std::string& value : values) all.push_back(pseudonym_of(key, value));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<std::vector<User>> PersonData::accounts(const TenantScope& scope, std::span<const std::string> values) {
  std::vector<User> found;
  std::string cursor;
  do {
    UserPage page = WD_TRY(users_(scope, kPage, cursor));
    for (User& user : page.items)
      if (is_one_of(values, user.username) || is_one_of(values, user.display_name) ||
          is_one_of(values, user.email.value_or("")) || is_one_of(values, user.telephone.value_or("")))
        found.push_back(std::move(user));
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  return found;
}

Result<json::object> PersonData::find(const TenantScope& scope, std::span<const std::string> values) {
  const std::vector<std::string> all = all_of(scope, values);
  json::array people;
  for (const User& user : WD_TRY(accounts(scope, values))) people.push_back(json_of(user));
  json::array events;
  const Filter filter = any_of(all);
  std::string cursor;
  do {
    const EventPage page = WD_TRY(events_.list(scope, {filter, {}, {}}, kPage, cursor));
    for (const StoredEvent& stored : page.items)
      if (names(stored.event, all)) events.push_back(WD_TRY(parse_json(jsonl_line(stored, messages_, "en"))));
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty() && events.size() < kMostOfAPerson);
  return json::object{{"accounts", std::move(people)}, {"events", std::move(events)}, {"complete", cursor.empty()}};
}

Result<PersonErasure> PersonData::erase(const TenantScope& scope, std::span<const std::string> values) {
  const std::vector<std::string> all = all_of(scope, values);
  PersonErasure erasure;
  crypto::Sha256 digest;
  const auto take = [&](Event& event) -> Result<bool> {
    if (event.module == ModuleKind::Manager) {
      if (names(event, all)) ++erasure.kept;
      return false;
    }
    if (!take_out(event, all)) return false;
    digest.update(event.id.uuid.bytes);
    return true;
  };
  const RetagResult result = WD_TRY(events_.rewrite_fields(scope, {any_of(all), {}, {}}, take, kMostOfAPerson));
  erasure.events = result.changed;
  erasure.is_complete = result.is_complete;
  erasure.sha256 = to_hex(digest.finish());
  erasure.accounts = WD_TRY(accounts(scope, values)).size();
  return erasure;
}

}  // namespace warder::manager
