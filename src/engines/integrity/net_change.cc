#include "engines/integrity/net_change.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

#include "base/text.h"
#include "engines/integrity/rules.h"

namespace warder::integrity {
namespace {

using Attributes = std::map<std::string, NetAttribute, std::less<>>;

constexpr std::string_view kFile = "file";
constexpr std::string_view kFileEvents = "integrity.file.";
constexpr std::string_view kEntityEvents = "integrity.entity.";
/// One digest over all that tells two files apart; no attribute of its own.
constexpr std::string_view kState = "file.state";

/// Attributes of files that events have the value of: the attribute's word, and its fields.
struct ValueField {
  std::string_view word;
  std::string_view is;
  std::string_view number;  // in its place where the host has no name for it
  std::string_view was;
};
constexpr ValueField kValueFields[] = {
    {"content", "file.hash.sha256", "", "file.hash.sha256.was"},
    {"size", "file.size", "", "file.size.was"},
    {"type", "file.type", "", ""},
    {"target", "file.target", "", ""},
    {"mode", "file.mode", "", "file.mode.was"},
    {"owner", "file.owner", "file.uid", "file.owner.was"},
    {"group", "file.group", "file.gid", ""},
};
/// An event has room for one more former value, in `change.was`: of the first of these that changed.
constexpr std::string_view kShared[] = {"target", "type", "group"};
/// Equal content has equal digests.
constexpr std::string_view kDigests[] = {"md5", "sha1", "sha512", "blake3"};

struct KindName {
  SetKind set;
  std::string_view name;
};
constexpr KindName kKinds[] = {
    {SetKind::User, "user"},
    {SetKind::Group, "group"},
    {SetKind::Port, "port"},
    {SetKind::Process, "process"},
    {SetKind::Service, "service"},
    {SetKind::InstalledSoftware, "software"},
    {SetKind::KernelModule, "kernel-module"},
    {SetKind::Cron, "cron"},
    {SetKind::Mount, "mount"},
    {SetKind::Container, "container"},
};

constexpr std::array<std::pair<NetKind, std::string_view>, 5> kNetKinds{{{NetKind::None, "none"},
                                                                         {NetKind::Created, "created"},
                                                                         {NetKind::Updated, "updated"},
                                                                         {NetKind::Deleted, "deleted"},
                                                                         {NetKind::Replaced, "replaced"}}};

std::optional<std::string> value_of(const Event& event, std::string_view key) {
  const EventValue* value = key.empty() ? nullptr : event.find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(value)) return std::to_string(*number);
  return std::nullopt;
}

std::string text_of(const Event& event, std::string_view key) {
  return value_of(event, key).value_or("");
}

std::set<std::string, std::less<>> changed_words(const Event& event) {
  std::set<std::string, std::less<>> words;
  const std::string list = text_of(event, "change.attributes");
  for (const std::string_view word : split(list, ','))
    if (!word.empty()) words.emplace(word);
  return words;
}

Attributes known_values(const Event& event) {
  Attributes values;
  for (const ValueField& field : kValueFields) {
    auto is = value_of(event, field.is);
    if (!is) is = value_of(event, field.number);
    if (is) values[std::string(field.word)] = {is, is, false};
  }
  return values;
}

std::optional<std::string> former_value(const Event& event, const ValueField& field,
                                        const std::set<std::string, std::less<>>& changed) {
  if (!field.was.empty()) return value_of(event, field.was);
  for (const std::string_view word : kShared)
    if (changed.contains(word)) return word == field.word ? value_of(event, "change.was") : std::nullopt;
  return std::nullopt;
}

/// What changed stands with what it was; all else is as it was.
Attributes updated_values(const Event& event) {
  const auto changed = changed_words(event);
  Attributes values = known_values(event);
  // A change of kind hides what only one of the two kinds has.
  if (changed.contains("type"))
    for (auto& [word, value] : values) value.was.reset();
  for (const ValueField& field : kValueFields)
    if (changed.contains(field.word)) values[std::string(field.word)].was = former_value(event, field, changed);
  for (const std::string& word : changed) values[word].is_reported = true;
  const auto state = value_of(event, kState);
  values[std::string(kState)] = {changed.empty() ? state : std::nullopt, state, false};
  return values;
}

Attributes without(Attributes values, std::optional<std::string> NetAttribute::*side) {
  for (auto& [word, value] : values) (value.*side).reset();
  return values;
}

NetChange object_of(const Event& event, std::string_view kind, std::string key) {
  NetChange change;
  change.kind = kind;
  change.key = std::move(key);
  change.reports.push_back({event.id, event.time, event.severity, text_of(event, "change.explained_by")});
  return change;
}

std::vector<NetChange> file_changes(const Event& event) {
  NetChange change = object_of(event, kFile, text_of(event, "file.path"));
  const std::string_view what = std::string_view(event.type).substr(kFileEvents.size());
  change.was_there = what != "created" && what != "renamed";
  change.is_there = what != "deleted";
  if (what == "deleted") {
    change.attributes = without(known_values(event), &NetAttribute::is);
    change.attributes[std::string(kState)] = {};
    return {std::move(change)};
  }
  change.attributes = updated_values(event);
  if (what == "updated" || what == "attributes") return {std::move(change)};
  std::vector<NetChange> both;
  if (what == "renamed") {
    NetChange old = object_of(event, kFile, text_of(event, "file.path.was"));
    old.was_there = true;
    old.moved_to = change.key;
    old.attributes = without(change.attributes, &NetAttribute::is);
    change.moved_from = old.key;
    both.push_back(std::move(old));
  }
  change.attributes = without(std::move(change.attributes), &NetAttribute::was);
  both.push_back(std::move(change));
  return both;
}

/// "uid=0, shell=/bin/sh" of the names in their order. A name that is left out has no value; in a text that was cut,
/// what comes last is unknown, and so are all values.
std::map<std::string, std::string, std::less<>> parse_values(std::string_view text,
                                                             const std::vector<std::string_view>& names) {
  std::map<std::string, std::string, std::less<>> values;
  std::string open;  // whose value reaches up to what is left
  for (const std::string_view each : names) {
    const std::string start = std::string(each) + "=";
    const std::size_t at =
        open.empty() ? (text.starts_with(start) ? 0 : std::string_view::npos) : text.find(", " + start);
    values.emplace(each, "");
    if (at == std::string_view::npos) continue;
    if (!open.empty()) {
      values[open] = text.substr(0, at);
      text.remove_prefix(at + 2);
    }
    text.remove_prefix(start.size());
    open = each;
  }
  if (!open.empty()) values[open] = text;
  return values;
}

std::vector<NetChange> entity_changes(const Event& event) {
  const auto set = find_set_kind(text_of(event, "entity.kind"));
  const auto* const kind = std::ranges::find_if(kKinds, [&](const KindName& each) { return set && each.set == *set; });
  if (kind == std::end(kKinds)) return {};
  NetChange change = object_of(event, kind->name, text_of(event, "entity.key"));
  change.was_there = event.type != "integrity.entity.created";
  change.is_there = event.type != "integrity.entity.deleted";
  const std::string properties = text_of(event, "change.attributes");
  std::vector<std::string_view> names;
  for (const std::string_view each : split(properties, ','))
    if (!each.empty()) names.push_back(each);
  const std::string was_text = text_of(event, "change.was");
  const std::string is_text = text_of(event, "change.is");
  const auto was = parse_values(was_text, names);
  const auto is = parse_values(is_text, names);
  const bool is_cut = event.find("truncated") != nullptr;
  for (const std::string_view each : names) {
    NetAttribute& value = change.attributes[std::string(each)];
    value.is_reported = change.was_there && change.is_there;
    if (is_cut) continue;
    if (change.was_there) value.was = was.find(each)->second;
    if (change.is_there) value.is = is.find(each)->second;
  }
  return {std::move(change)};
}

/// The object was not there at one end, or in between.
bool has_gap(const NetChange& change) {
  return !change.was_there || !change.is_there || change.was_away;
}

/// It is known in full, and all of it is equal.
bool is_same(const NetChange& change) {
  const auto is_known = [](const NetAttribute& value) { return value.was && value.is && *value.was == *value.is; };
  if (change.kind != kFile) {
    return std::ranges::all_of(change.attributes, [&](const auto& each) { return is_known(each.second); });
  }
  const auto state = change.attributes.find(kState);
  return state != change.attributes.end() && is_known(state->second);
}

bool has_equal_content(const NetChange& change) {
  const auto content = change.attributes.find("content");
  return content != change.attributes.end() && content->second.was && content->second.is &&
         *content->second.was == *content->second.is;
}

}  // namespace

std::string_view name(NetKind kind) noexcept {
  for (const auto& [each, word] : kNetKinds)
    if (each == kind) return word;
  return "none";
}

std::optional<NetKind> find_net_kind(std::string_view name) noexcept {
  for (const auto& [kind, word] : kNetKinds)
    if (word == name) return kind;
  return std::nullopt;
}

const std::vector<std::string_view>& net_kinds() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names{kFile};
    for (const KindName& each : kKinds) names.push_back(each.name);
    return names;
  }();
  return kNames;
}

Attributes NetChange::differences() const {
  Attributes out;
  const bool has_digests_equal = has_equal_content(*this);
  for (const auto& [word, value] : attributes) {
    if (word == kState) continue;
    if (has_digests_equal && std::ranges::find(kDigests, word) != std::end(kDigests)) continue;
    NetAttribute shown = value;
    if (!was_there) shown.was.reset();
    if (!is_there) shown.is.reset();
    const bool is_at_both_ends = was_there && is_there;
    if (is_at_both_ends ? !shown.is_equal() : shown.was || shown.is) out.emplace(word, std::move(shown));
  }
  return out;
}

NetKind NetChange::net() const {
  if (!was_there) return is_there ? NetKind::Created : NetKind::None;
  if (!is_there) return NetKind::Deleted;
  if (!differences().empty()) return NetKind::Updated;
  return was_away && !is_same(*this) ? NetKind::Replaced : NetKind::None;
}

bool NetChange::is_explained() const noexcept {
  return std::ranges::none_of(reports, [](const NetReport& report) { return report.explained_by.empty(); });
}

Severity NetChange::severity() const noexcept {
  Severity worst = Severity::Info;
  for (const NetReport& report : reports) worst = std::max(worst, report.severity);
  return worst;
}

bool reports_change(const Event& event) noexcept {
  return event.type.starts_with(kFileEvents) || event.type.starts_with(kEntityEvents);
}

std::vector<NetChange> net_changes_of(const Event& event) {
  if (event.type.starts_with(kFileEvents)) return file_changes(event);
  if (event.type.starts_with(kEntityEvents)) return entity_changes(event);
  return {};
}

NetChange combine(const NetChange& earlier, NetChange later) {
  const bool was_gone_before = has_gap(earlier);
  const bool is_gone_after = has_gap(later);
  later.was_away = earlier.was_away || later.was_away || !earlier.is_there || !later.was_there;
  later.was_there = earlier.was_there;
  if (later.moved_from.empty()) later.moved_from = earlier.moved_from;
  // What one side does not mention was as the other side has it, unless the object was gone in between.
  for (auto& [word, value] : later.attributes) {
    const auto before = earlier.attributes.find(word);
    if (before != earlier.attributes.end()) {
      value.was = before->second.was;
      value.is_reported = value.is_reported || before->second.is_reported;
    } else if (was_gone_before) {
      value.was.reset();
    }
  }
  for (const auto& [word, value] : earlier.attributes) {
    if (later.attributes.contains(word)) continue;
    NetAttribute& kept = later.attributes[word] = value;
    if (is_gone_after) kept.is.reset();
  }
  later.reports.insert(later.reports.end(), earlier.reports.begin(), earlier.reports.end());
  return later;
}

void NetChanges::add_earlier(const Event& event) {
  for (NetChange& change : net_changes_of(event)) {
    const auto [at, is_first] = objects_.try_emplace({change.kind, change.key});
    at->second = is_first ? std::move(change) : combine(change, std::move(at->second));
  }
}

std::vector<NetChange> NetChanges::take() && {
  std::vector<NetChange> out;
  for (auto& [object, change] : objects_)
    if (change.net() != NetKind::None) out.push_back(std::move(change));
  std::ranges::stable_sort(out, std::ranges::greater{},
                           [](const NetChange& each) { return each.reports.front().time; });
  return out;
}

}  // namespace warder::integrity
