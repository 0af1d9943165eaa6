#include "manager/directory/directory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "manager/directory/directory_text.h"
#include "manager/directory/group_walk.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxUsernameBytes = 256;
constexpr std::string_view kInChain = ":1.2.840.113556.1.4.1941:";  // MS-ADTS §3.1.1.3.4.4.3: the server walks
constexpr std::string_view kAnything = "(objectClass=*)";

std::string text_of(const DirectoryEntry& entry, const std::string& attribute) {
  if (attribute.empty()) return {};
  return escape_non_utf8(entry.first(to_lower_ascii(attribute)));
}

Result<std::string> subject_of(const DirectoryEntry& entry, const std::string& attribute) {
  const std::string name = to_lower_ascii(attribute);
  const std::string_view value = entry.first(name);
  if (value.empty()) return fail(ErrorCode::Corrupt, fmt::format("an entry without {}", attribute));
  if (entry.all(name).size() > 1) return fail(ErrorCode::Corrupt, fmt::format("an entry with several {}", attribute));
  if (name != "objectguid") return to_lower_ascii(escape_non_utf8(value));
  const auto guid = guid_text(value);
  if (!guid) return fail(ErrorCode::Corrupt, "an objectGUID that is none");
  return *guid;
}

std::optional<std::string> primary_group_of(const DirectoryEntry& entry) {
  const auto relative = parse_integer<std::uint32_t>(entry.first("primarygroupid"));
  return relative ? sibling_sid(entry.first("objectsid"), *relative) : std::nullopt;
}

/// What a wrong name, or a name of nobody, is told.
tl::unexpected<Error> refused() {
  return fail(ErrorCode::Unauthenticated, "the directory does not know them");
}

tl::unexpected<Error> shut_out(const DirectoryPerson& person) {
  return fail(ErrorCode::Forbidden, fmt::format("{} in the directory", name(person.state)));
}

bool is_possible(std::string_view username) {
  return !username.empty() && username.size() <= kMaxUsernameBytes && is_utf8(username) &&
         username.find('\0') == std::string_view::npos;
}

}  // namespace

DirectoryReader::DirectoryReader(const DirectorySettings& settings, DirectoryServer server, LdapConnection connection)
    : settings_(settings), server_(std::move(server)), connection_(std::move(connection)) {}

Result<DirectoryReader> DirectoryReader::open(const DirectorySettings& settings, std::chrono::milliseconds limit) {
  const Deadline end = std::chrono::steady_clock::now() + limit;
  std::string failures;
  ErrorCode code = ErrorCode::Unavailable;
  for (std::size_t i = 0; i < settings.servers.size(); ++i) {
    // One that is silent leaves time for those behind it.
    const auto share = time_left(end) / static_cast<std::int64_t>(settings.servers.size() - i);
    const DirectoryServer server = WD_TRY(parse_directory_server(settings.servers[i]));
    auto probe = LdapConnection::open(server, settings, std::chrono::steady_clock::now() + share);
    if (probe) probe->extend(end);
    auto bound = probe ? probe->bind(settings.bind_dn, settings.bind_password) : Result<void>(fail(probe.error()));
    if (bound) return DirectoryReader(settings, server, std::move(*probe));
    code = bound.error().code;
    failures += (failures.empty() ? "" : "; ") + bound.error().message;
    if (code == ErrorCode::Unauthenticated)
      return fail(ErrorCode::Unavailable, fmt::format("{}: the directory refuses bind_dn", server.url()));
  }
  return fail(code, failures);
}

std::vector<std::string> DirectoryReader::person_attributes() const {
  std::vector<std::string> names(kAccountAttributes.begin(), kAccountAttributes.end());
  for (const std::string& name : {settings_.subject_attribute, settings_.username_attribute, settings_.name_attribute,
                                  settings_.mail_attribute}) {
    if (!name.empty()) names.push_back(name);
  }
  if (settings_.schema == DirectorySchema::ActiveDirectory) {
    names.emplace_back("primaryGroupID");
    names.emplace_back("objectSid");
  }
  return names;
}

Result<DirectoryPerson> DirectoryReader::person_of(const DirectoryEntry& entry, Timestamp now) const {
  DirectoryPerson person;
  person.subject = WD_TRY(subject_of(entry, settings_.subject_attribute));
  person.dn = entry.dn;
  person.username = text_of(entry, settings_.username_attribute);
  if (entry.dn.empty() || person.username.empty())
    return fail(ErrorCode::Corrupt, fmt::format("an entry without {}", settings_.username_attribute));
  person.display_name = text_of(entry, settings_.name_attribute);
  if (const std::string mail = text_of(entry, settings_.mail_attribute); !mail.empty()) person.email = mail;
  person.state = account_state(entry, now);
  if (settings_.schema == DirectorySchema::ActiveDirectory) person.primary_group_sid = primary_group_of(entry);
  return person;
}

Result<DirectoryPerson> DirectoryReader::find_one(std::string filter, Timestamp now) {
  const auto found =
      WD_TRY(connection_.search({settings_.user_base, std::move(filter), person_attributes(), 2, false, false}));
  if (found.empty()) return fail(ErrorCode::NotFound, "nobody of that name");
  if (found.size() > 1) return fail(ErrorCode::Conflict, "several of that name");
  return person_of(found.front(), now);
}

Result<DirectoryPerson> DirectoryReader::find(std::string_view username, Timestamp now) {
  if (!is_possible(username)) return fail(ErrorCode::NotFound, "nobody of that name");
  return find_one(WD_TRY(fill_filter(settings_.user_filter, {{"username", username}})), now);
}

Result<DirectoryPerson> DirectoryReader::find_principal(std::string_view principal, Timestamp now) {
  const std::size_t at = principal.rfind('@');
  // Of a host or service, "HTTP/host@REALM", nobody is meant.
  if (settings_.principal_filter.empty() || !is_possible(principal) || at == std::string_view::npos || at == 0 ||
      principal.find_first_of("/\\") != std::string_view::npos) {
    return fail(ErrorCode::NotFound, "nobody of that principal");
  }
  const std::string own =
      WD_TRY(fill_filter(settings_.principal_filter, {{"principal", principal}, {"name", principal.substr(0, at)}}));
  return find_one("(&" + widen_filter(settings_.user_filter) + own + ")", now);
}

Result<std::vector<DirectoryPerson>> DirectoryReader::list(Timestamp now) {
  const auto entries = WD_TRY(connection_.search({settings_.user_base, widen_filter(settings_.user_filter),
                                                  person_attributes(), settings_.max_people, true, false}));
  std::vector<DirectoryPerson> people;
  for (const DirectoryEntry& entry : entries) {
    if (auto person = person_of(entry, now)) people.push_back(std::move(*person));
  }
  if (people.empty()) return fail(ErrorCode::Unavailable, "the directory lists nobody at all");
  return people;
}

Result<std::vector<std::string>> DirectoryReader::groups_it_names(const std::string& dn) {
  if (settings_.member_of_attribute.empty()) return std::vector<std::string>{};
  auto entries = connection_.search({dn, std::string(kAnything), {settings_.member_of_attribute}, 1, false, true});
  if (!entries && entries.error().code != ErrorCode::NotFound) return fail(std::move(entries).error());
  if (!entries || entries->empty()) return std::vector<std::string>{};
  return entries->front().all(to_lower_ascii(settings_.member_of_attribute));
}

Result<std::vector<std::string>> DirectoryReader::groups_above(const std::string& dn, const std::string& username) {
  const std::string& base = settings_.group_base.empty() ? settings_.user_base : settings_.group_base;
  std::vector<std::string> groups = WD_TRY(groups_it_names(dn));
  const std::string filter = WD_TRY(fill_filter(settings_.group_filter, {{"dn", dn}, {"username", username}}));
  for (DirectoryEntry& entry : WD_TRY(connection_.search({base, filter, {"1.1"}, settings_.max_groups, true, false})))
    groups.push_back(std::move(entry.dn));
  return groups;
}

Result<std::optional<std::string>> DirectoryReader::primary_group(const std::string& sid) {
  const std::string& base = settings_.group_base.empty() ? settings_.user_base : settings_.group_base;
  const std::string filter = "(&(objectCategory=group)(objectSid=" + escape_filter_value(sid) + "))";
  const auto found = WD_TRY(connection_.search({base, filter, {"1.1"}, 2, false, false}));
  if (found.size() != 1) return std::nullopt;
  return found.front().dn;
}

Result<std::vector<std::string>> DirectoryReader::groups_of(const DirectoryPerson& person) {
  std::optional<std::string> primary;
  if (person.primary_group_sid) primary = WD_TRY(primary_group(*person.primary_group_sid));
  const bool is_chained = settings_.group_filter.find(kInChain) != std::string::npos;
  const GroupsAbove above = [&](const std::string& dn) -> Result<std::vector<std::string>> {
    if (is_chained && dn != person.dn && dn != primary) return std::vector<std::string>{};
    auto groups = WD_TRY(groups_above(dn, person.username));
    if (primary && dn == person.dn) groups.push_back(*primary);
    return groups;
  };
  return walk_groups(person.dn, above, settings_.max_groups);
}

Result<DirectoryReader> Directory::read() const {
  return DirectoryReader::open(settings_, settings_.list_timeout);
}

Result<void> Directory::bind_as(const DirectoryServer& server, const std::string& dn, std::string_view password) const {
  auto connection =
      WD_TRY(LdapConnection::open(server, settings_, std::chrono::steady_clock::now() + settings_.timeout));
  return connection.bind(dn, std::string(password));
}

Result<DirectoryPerson> Directory::authenticate(std::string_view username, std::string_view password,
                                                Timestamp now) const {
  if (password.empty() || !is_possible(username)) return refused();
  auto reader = WD_TRY(DirectoryReader::open(settings_, settings_.timeout));
  auto person = reader.find(username, now);
  // Somebody unknown costs the same questions.
  const auto bound = bind_as(reader.server(), person ? person->dn : settings_.user_base, password);
  if (!person) {
    const ErrorCode code = person.error().code;
    if (code != ErrorCode::NotFound && code != ErrorCode::Conflict) return fail(std::move(person).error());
    return refused();
  }
  if (!bound) {
    if (bound.error().code == ErrorCode::Unauthenticated) return refused();
    return fail(bound.error());
  }
  // The server that takes the password says that the lock is over.
  if (person->state == AccountState::Locked) person->state = AccountState::Active;
  if (person->state != AccountState::Active) return shut_out(*person);
  person->groups = WD_TRY(reader.groups_of(*person));
  return person;
}

Result<DirectoryPerson> Directory::find_principal(std::string_view principal, Timestamp now) const {
  auto reader = WD_TRY(DirectoryReader::open(settings_, settings_.timeout));
  auto person = reader.find_principal(principal, now);
  if (!person) {
    const ErrorCode code = person.error().code;
    if (code != ErrorCode::NotFound && code != ErrorCode::Conflict) return fail(std::move(person).error());
    return refused();
  }
  if (person->state != AccountState::Active) return shut_out(*person);
  person->groups = WD_TRY(reader.groups_of(*person));
  return person;
}

}  // namespace warder::manager
