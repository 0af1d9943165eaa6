#include "host/accounts.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"

namespace warder::host {
namespace {

std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string_view part : split(list, ',')) {
    const std::string_view one = trim(part);
    if (!one.empty()) names.emplace_back(one);
  }
  return names;
}

// Calls `take` with the fields of each line that has at least `fields` of them and a name.
template <class Take>
void for_each_entry(std::string_view text, std::size_t fields, const Take& take) {
  std::size_t count = 0;
  while (!text.empty() && count < kMaxAccounts) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto parts = split(line, ':');
    if (parts.size() < fields || parts[0].empty()) continue;
    if (take(parts)) count += 1;
  }
}

// crypt(5): the prefixes of hashing methods.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kSchemes{{{"$y$", "yescrypt"},
                                                                                  {"$gy$", "gost-yescrypt"},
                                                                                  {"$7$", "scrypt"},
                                                                                  {"$2", "bcrypt"},
                                                                                  {"$6$", "sha512"},
                                                                                  {"$5$", "sha256"},
                                                                                  {"$sha1$", "sha1"},
                                                                                  {"$md5", "sunmd5"},
                                                                                  {"$1$", "md5"},
                                                                                  {"$3$", "nt"},
                                                                                  {"_", "bsdi-des"}}};

std::string scheme_of(std::string_view hash) {
  for (const auto& [prefix, scheme] : kSchemes)
    if (hash.starts_with(prefix)) return std::string(scheme);
  return hash.size() == 13 ? "des" : "unknown";
}

std::optional<std::int64_t> day_in(const std::vector<std::string_view>& parts, std::size_t index) {
  if (index >= parts.size()) return std::nullopt;
  const auto day = parse_integer<std::int64_t>(parts[index]);
  return day && *day >= 0 ? day : std::nullopt;
}

void read_password(std::string_view field, ShadowEntry& entry) {
  if (field.empty()) {
    entry.password = PasswordState::Empty;
    return;
  }
  const std::size_t lock = field.find_first_not_of('!');
  const std::string_view hash = lock == std::string_view::npos ? std::string_view{} : field.substr(lock);
  const bool is_hash = hash.size() >= 13 && hash.front() != '*';
  entry.password = lock == 0 && is_hash ? PasswordState::Set : PasswordState::Locked;
  if (!is_hash) return;
  entry.scheme = scheme_of(hash);
  const crypto::Digest digest = crypto::sha256(as_bytes(hash));
  entry.mark = to_hex(ByteView(digest).first(8));
}

}  // namespace

std::string_view name(PasswordState state) noexcept {
  switch (state) {
    case PasswordState::Unknown:
      return "unknown";
    case PasswordState::Empty:
      return "empty";
    case PasswordState::Locked:
      return "locked";
    case PasswordState::Set:
      return "set";
  }
  return "unknown";
}

std::vector<User> parse_passwd(std::string_view text) {
  std::vector<User> users;
  for_each_entry(text, 7, [&](const std::vector<std::string_view>& parts) {
    const auto uid = parse_integer<std::uint32_t>(parts[2]);
    const auto gid = parse_integer<std::uint32_t>(parts[3]);
    if (!uid || !gid) return false;
    User user;
    user.name = parts[0];
    user.uid = *uid;
    user.gid = *gid;
    user.comment = parts[4];
    user.home = parts[5];
    user.shell = parts[6];
    if (parts[1] != "x") {  // an old file that holds the hash itself, or none at all
      ShadowEntry entry;
      read_password(parts[1], entry);
      user.password = entry.password;
      user.password_scheme = std::move(entry.scheme);
      user.password_mark = std::move(entry.mark);
    }
    users.push_back(std::move(user));
    return true;
  });
  return users;
}

std::vector<ShadowEntry> parse_shadow(std::string_view text) {
  std::vector<ShadowEntry> entries;
  for_each_entry(text, 2, [&](const std::vector<std::string_view>& parts) {
    ShadowEntry entry;
    entry.name = parts[0];
    read_password(parts[1], entry);
    entry.changed_day = day_in(parts, 2);
    entry.max_days = day_in(parts, 4);
    if (entry.max_days && *entry.max_days >= 99'999) entry.max_days.reset();  // useradd's way to say never
    entry.expires_day = day_in(parts, 7);
    entries.push_back(std::move(entry));
    return true;
  });
  return entries;
}

std::vector<Group> parse_group(std::string_view text) {
  std::vector<Group> groups;
  for_each_entry(text, 4, [&](const std::vector<std::string_view>& parts) {
    const auto gid = parse_integer<std::uint32_t>(parts[2]);
    if (!gid) return false;
    groups.push_back({std::string(parts[0]), *gid, names_in(parts[3]), {}});
    return true;
  });
  return groups;
}

std::vector<GroupShadowEntry> parse_gshadow(std::string_view text) {
  std::vector<GroupShadowEntry> entries;
  for_each_entry(text, 3, [&](const std::vector<std::string_view>& parts) {
    entries.push_back({std::string(parts[0]), names_in(parts[2])});
    return true;
  });
  return entries;
}

void join_accounts(std::vector<User>& users, std::vector<Group>& groups, const std::vector<ShadowEntry>& shadow,
                   const std::vector<GroupShadowEntry>& group_shadow) {
  std::map<std::string_view, const ShadowEntry*> secrets;
  for (const ShadowEntry& entry : shadow) secrets.try_emplace(entry.name, &entry);
  std::map<std::string_view, const GroupShadowEntry*> group_secrets;
  for (const GroupShadowEntry& entry : group_shadow) group_secrets.try_emplace(entry.name, &entry);
  std::map<std::uint32_t, std::string_view> group_names;
  std::map<std::string_view, std::vector<std::string_view>> memberships;
  for (Group& group : groups) {
    group_names.try_emplace(group.gid, group.name);
    for (const std::string& member : group.members) memberships[member].push_back(group.name);
    const auto it = group_secrets.find(group.name);
    if (it != group_secrets.end()) group.administrators = it->second->administrators;
  }
  for (User& user : users) {
    const auto primary = group_names.find(user.gid);
    if (primary != group_names.end()) user.groups.emplace_back(primary->second);
    for (const std::string_view group : memberships[user.name])
      if (std::ranges::find(user.groups, group) == user.groups.end()) user.groups.emplace_back(group);
    const auto it = secrets.find(user.name);
    if (it == secrets.end() || user.password != PasswordState::Unknown) continue;
    user.password = it->second->password;
    user.password_scheme = it->second->scheme;
    user.password_mark = it->second->mark;
    user.password_changed_day = it->second->changed_day;
    user.password_max_days = it->second->max_days;
    user.account_expires_day = it->second->expires_day;
  }
}

}  // namespace warder::host
