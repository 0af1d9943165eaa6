#include "agent/ips_rollout.h"

#include "base/file.h"
#include "base/text.h"

namespace warder::agent {
namespace {

constexpr std::string_view kFile = "rules.state";
constexpr std::string_view kHeader = "warder ips rules 1";
constexpr std::size_t kMaxBytes = 64 << 20;

}  // namespace

Result<RuleKey> parse_rule_key(std::string_view text) {
  const auto colon = text.find(':');
  const auto gid = colon == std::string_view::npos ? std::optional<std::uint32_t>(1)
                                                   : parse_integer<std::uint32_t>(text.substr(0, colon));
  const auto sid = parse_integer<std::uint32_t>(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!gid || !sid) return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\": not [GID:]SID");
  return RuleKey{*gid, *sid};
}

Result<std::unique_ptr<IpsRollout>> IpsRollout::open(const std::filesystem::path& directory) {
  std::unique_ptr<IpsRollout> made(new IpsRollout(directory / kFile));
  const auto text = read_file(made->file_, kMaxBytes);
  if (!text && text.error().code == ErrorCode::NotFound) return made;
  if (!text) return fail(text.error());
  WD_TRY(made->load(*text));
  return made;
}

void IpsRollout::discard(const std::filesystem::path& directory) {
  std::error_code ignored;
  std::filesystem::remove(directory / kFile, ignored);
}

Result<void> IpsRollout::load(std::string_view text) {
  const auto corrupt = [&] { return fail(ErrorCode::Corrupt, file_.string() + ": is damaged"); };
  auto lines = split(text, '\n');
  if (lines.empty() || lines.front() != kHeader) return corrupt();
  lines.erase(lines.begin());
  for (const auto line : lines) {
    if (line.empty()) continue;
    const auto words = split(line, ' ');
    if (words.size() < 6) return corrupt();
    const auto key = parse_rule_key(words[0]);
    const auto rev = parse_integer<std::uint32_t>(words[1]);
    const auto since = parse_integer<std::int64_t>(words[2]);
    const auto hits = parse_integer<std::uint64_t>(words[3]);
    const auto blocked = parse_integer<std::uint64_t>(words[4]);
    const auto wrong = parse_integer<std::uint64_t>(words[5]);
    if (!key || !rev || !since || !hits || !blocked || !wrong) return corrupt();
    RuleRecord record{*rev, from_micros(*since), *hits, *blocked, *wrong, {}};
    if (words.size() > 6) record.suspended = line.substr(static_cast<std::size_t>(words[6].data() - line.data()));
    records_[*key] = std::move(record);
  }
  return {};
}

Timestamp IpsRollout::note(const ips::Rule& rule, Timestamp now) {
  const std::lock_guard lock(mutex_);
  auto& record = records_[key_of(rule)];
  const bool is_new = record.since == Timestamp{} || record.rev != rule.rev;
  // A clock that stood in the future must not keep a rule in shadow for ever.
  if (is_new || record.since > now) {
    record = is_new ? RuleRecord{rule.rev, now, 0, 0, 0, {}} : record;
    record.since = now;
    is_changed_ = true;
  }
  return record.since;
}

void IpsRollout::count(const RuleKey& rule, bool is_blocked) {
  const std::lock_guard lock(mutex_);
  auto& record = records_[rule];
  ++record.hits;
  if (is_blocked) ++record.blocked;
  is_changed_ = true;
}

void IpsRollout::suspend(const RuleKey& rule, std::string why) {
  for (char& letter : why) {
    if (letter == '\n') letter = ' ';
  }
  const std::lock_guard lock(mutex_);
  records_[rule].suspended = std::move(why);
  is_changed_ = true;
}

Result<void> IpsRollout::resume(const RuleKey& rule) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(rule);
  if (found == records_.end() || found->second.suspended.empty())
    return fail(ErrorCode::NotFound, "rule " + rule.text() + " is not suspended");
  found->second.suspended.clear();
  is_changed_ = true;
  return {};
}

Result<std::uint64_t> IpsRollout::mark_false_positive(const RuleKey& rule) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(rule);
  if (found == records_.end()) return fail(ErrorCode::NotFound, "rule " + rule.text() + " never was on this host");
  is_changed_ = true;
  return ++found->second.false_positives;
}

std::optional<RuleRecord> IpsRollout::find(const RuleKey& rule) const {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(rule);
  return found == records_.end() ? std::nullopt : std::optional(found->second);
}

std::map<RuleKey, RuleRecord> IpsRollout::all() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

Result<void> IpsRollout::save() {
  std::string text(kHeader);
  text += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (!is_changed_) return {};
    for (const auto& [key, record] : records_) {
      text += key.text() + " " + std::to_string(record.rev) + " " + std::to_string(to_micros(record.since)) + " " +
              std::to_string(record.hits) + " " + std::to_string(record.blocked) + " " +
              std::to_string(record.false_positives);
      if (!record.suspended.empty()) text += " " + record.suspended;
      text += '\n';
    }
    is_changed_ = false;
  }
  return write_file_atomically(file_, text);
}

}  // namespace warder::agent
