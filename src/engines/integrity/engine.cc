#include "engines/integrity/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engines/integrity/listing.h"
#include "engines/integrity/observe.h"

namespace warder::integrity {
namespace {

constexpr int kMaxLooks = 4;                // at one name for the sake of another, in one batch
constexpr std::size_t kMaxFindings = 2048;  // in one batch; a directory in progress may add its own entries

// The baseline as it will be when the findings so far are reported.
class Outlook {
 public:
  explicit Outlook(const Baseline& baseline) : baseline_(baseline) {}

  Result<std::optional<Entity>> find(const std::string& path) const {
    const auto it = changed_.find(path);
    if (it != changed_.end()) return it->second;
    return baseline_.find(path);
  }
  void set(const BaselineChange& change) {
    changed_[change.path] = change.entity;
    if (change.entity) names_[{change.entity->stat.device, change.entity->stat.inode}].insert(change.path);
  }
  // All that is remembered of one file, those found a moment ago included.
  Result<std::set<std::string>> names_of(const host::FileStat& stat) const {
    std::set<std::string> names;
    for (std::string& path : WD_TRY(baseline_.paths_of(stat))) names.insert(std::move(path));
    const auto it = names_.find({stat.device, stat.inode});
    if (it != names_.end()) names.insert(it->second.begin(), it->second.end());
    return names;
  }

  Result<std::vector<std::string>> children(const std::string& directory) const {
    std::vector<std::string> names;
    WD_TRY(baseline_.for_each_child(directory, [&](std::string_view name, const Entity&) {
      const auto it = changed_.find(host::join(directory, name));
      if (it == changed_.end() || it->second) names.emplace_back(name);
      return true;
    }));
    return names;
  }
  // Directories at or below a path that something is remembered in.
  Result<std::vector<std::string>> directories_below(const std::string& path) {
    if (!directories_) {
      directories_ = WD_TRY(baseline_.directories());
      std::sort(directories_->begin(), directories_->end());
    }
    std::vector<std::string> below;
    if (std::binary_search(directories_->begin(), directories_->end(), path)) below.push_back(path);
    const std::string prefix = path + "/";
    for (auto it = std::lower_bound(directories_->begin(), directories_->end(), prefix);
         it != directories_->end() && it->starts_with(prefix); ++it)
      below.push_back(*it);
    return below;
  }
  const Baseline& baseline() const noexcept { return baseline_; }

 private:
  const Baseline& baseline_;
  std::optional<std::vector<std::string>> directories_;  // sorted; read once, when it is needed
  std::map<std::string, std::optional<Entity>> changed_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::set<std::string>> names_;  // of device and inode, of changed_
};

class Examination {
 public:
  Examination(const Compiled& compiled, host::FileTree& tree, const Baseline& baseline,
              const DirectoryListener& on_directory)
      : compiled_(compiled), tree_(tree), outlook_(baseline), on_directory_(on_directory) {}

  Result<Outcome> run(std::span<const Suspect> suspects);

 private:
  Result<bool> look(const Suspect& suspect);
  Result<void> look_in(host::Directory& parent, const host::FileEntry& entry, const std::string& path,
                       const Scope::Position& position, bool is_exploring);
  Result<void> compare_entity(const std::string& path, Entity is, const Scope::Position& position);
  Result<void> report_new(const std::string& path, Entity is, const Rule& rule);
  Result<void> report_gone(const std::string& path, const Entity& was);
  Result<void> explore(host::Directory& parent, const std::string& path, const Scope::Position& position);
  Result<void> explore_gone(const std::string& path);
  Result<void> forget_below(const std::string& path);
  Result<std::optional<std::string>> find_old_path(const std::string& path, const Entity& is);
  Result<bool> is_still_there(const std::string& path);
  void add(Finding finding);
  Result<void> look_at_other_names();
  Result<void> suspect_other_names(const std::string& path, const host::FileStat& stat, bool is_seen);
  bool is_full() const noexcept { return outcome_.findings.size() >= kMaxFindings; }

  const Compiled& compiled_;
  host::FileTree& tree_;
  Outlook outlook_;
  const DirectoryListener& on_directory_;
  bool accept_unsettled_ = false;
  std::vector<std::pair<std::string, std::string>>
      linked_;                        // further names of what changed, and the name it was heard of by
  std::map<std::string, int> looks_;  // at a name for the sake of another
  std::string cause_;
  std::vector<std::string> missed_;  // was there, is not
  std::vector<std::string> left_;    // places that directories moved away from or were replaced at
  Outcome outcome_;
};

bool is_absence(const Error& error) noexcept {
  return error.code == ErrorCode::NotFound || error.code == ErrorCode::Conflict;
}

// What is there goes before what is gone: by then a file that moved has been found at its new place.
Result<Outcome> Examination::run(std::span<const Suspect> suspects) {
  std::vector<const Suspect*> gone;
  for (const Suspect& suspect : suspects)
    if (!WD_TRY(look(suspect).in(suspect.path))) gone.push_back(&suspect);
  WD_TRY(look_at_other_names());
  for (const Suspect* suspect : gone) missed_.push_back(suspect->path);
  for (const std::string& path : missed_) WD_TRY(explore_gone(path).in(path));
  WD_TRY(look_at_other_names());
  for (const std::string& path : left_) WD_TRY(forget_below(path).in(path));
  return std::move(outcome_);
}

// A file with several names changes under all of them, and is heard of under one, which may be gone by now.
Result<void> Examination::look_at_other_names() {
  for (std::size_t i = 0; i < linked_.size(); ++i) {
    const auto [path, cause] = linked_[i];
    cause_ = cause;
    if (!WD_TRY(look({path}).in(path))) missed_.push_back(path);
  }
  linked_.clear();
  cause_.clear();
  return {};
}

// False when there is nothing at that path.
Result<bool> Examination::look(const Suspect& suspect) {
  const Scope::Position position = compiled_.scope.find(suspect.path);
  const std::string name(host::base_of(suspect.path));
  if (!position.may_contain() || name.empty()) return true;
  accept_unsettled_ = suspect.accept_unsettled;
  auto parent = tree_.open(std::string(host::parent_of(suspect.path)));
  if (!parent && is_absence(parent.error())) return false;
  if (!parent) return fail(std::move(parent).error());
  const auto stat = WD_TRY((*parent)->find(name));
  if (!stat) return false;
  if (suspect.may_be_unwritten && stat->kind == host::FileKind::Regular && stat->bytes == 0) {
    outcome_.unsettled.push_back(suspect.path);
    return true;
  }
  WD_TRY(look_in(**parent, {name, *stat}, suspect.path, position, false));
  return true;
}

// `is_exploring`: everything below is to be looked at too, even in a directory that is the same as before: it may have
// been moved away and back while its parent was replaced.
Result<void> Examination::look_in(host::Directory& parent, const host::FileEntry& entry, const std::string& path,
                                  const Scope::Position& position, bool is_exploring) {
  const bool is_directory = entry.stat.kind == host::FileKind::Directory;
  if (!position.covers(entry.stat.kind)) {
    // What is no file any more is gone for a rule of files.
    if (const auto was = WD_TRY(outlook_.find(path))) WD_TRY(report_gone(path, *was));
    if (is_directory) return explore(parent, path, position);
    missed_.push_back(path);  // it may have led to watched files as a directory
    return {};
  }
  const auto was = WD_TRY(outlook_.find(path));
  auto seen = WD_TRY(observe(parent, entry.name, look_at(compiled_, position, entry.stat.kind)));
  if (!seen) return {};  // gone again; whoever removed it is heard of too
  if (!seen->is_settled && !accept_unsettled_) {
    outcome_.unsettled.push_back(path);
    return {};
  }
  const bool is_same = was && is_same_file(was->stat, seen->entity.stat);
  const bool was_directory = was && was->stat.kind == host::FileKind::Directory;
  WD_TRY(compare_entity(path, std::move(seen->entity), position));
  if (is_directory && (is_exploring || !is_same)) return explore(parent, path, position);
  if (was_directory && !is_directory) left_.push_back(path);
  return {};
}

Result<void> Examination::compare_entity(const std::string& path, Entity is, const Scope::Position& position) {
  const auto was = WD_TRY(outlook_.find(path));
  const Rule* rule = compiled_.scope.first_rule(position, is.stat.kind);
  if (rule == nullptr) return {};  // it changed its kind while it was looked at: heard of again
  if (!was) return report_new(path, std::move(is), *rule);
  const AttributeSet watched = compiled_.scope.attributes(position, is.stat.kind);
  const bool is_directory = is.stat.kind == host::FileKind::Directory;
  if (*was == is || (is_directory && has_same_stat(was->stat, is.stat) && compare(*was, is, watched) == 0)) return {};
  Finding finding;
  finding.changed = compare(*was, is, watched);
  finding.changes = {{path, is}};
  if (finding.changed == 0) {
    outlook_.set(finding.changes.front());
    outcome_.silent.push_back(std::move(finding.changes.front()));
    return {};
  }
  constexpr AttributeSet kOwnership = Attribute::Mode | Attribute::Owner | Attribute::Group | Attribute::Acl |
                                      Attribute::Capabilities | Attribute::Extended | Attribute::Flags;
  finding.kind = (finding.changed & ~kOwnership) == 0 ? FindingKind::Attributes : FindingKind::Updated;
  finding.path = path;
  finding.was = was;
  finding.is = std::move(is);
  finding.rule = rule->id;
  finding.severity = rule->severity;
  const host::FileStat stat = finding.is->stat;
  add(std::move(finding));
  if (!is_same_file(was->stat, stat))  // it may have been written before it was replaced
    WD_TRY(suspect_other_names(path, was->stat, false));
  return suspect_other_names(path, stat, true);
}

// `is_seen`: the file is just so now, and a name that is remembered so need not be looked at. A file that is written
// while it is examined would be looked at for ever: it has to wait its turn.
Result<void> Examination::suspect_other_names(const std::string& path, const host::FileStat& stat, bool is_seen) {
  if (stat.kind == host::FileKind::Directory || stat.links < 2) return {};
  for (const std::string& other : WD_TRY(outlook_.names_of(stat))) {
    if (other == path) continue;
    const auto known = WD_TRY(outlook_.find(other));
    if (!known || (is_seen && has_same_stat(known->stat, stat))) continue;
    if (++looks_[other] > kMaxLooks) {
      outcome_.unsettled.push_back(other);
      continue;
    }
    linked_.emplace_back(other, path);
  }
  return {};
}

Result<void> Examination::report_new(const std::string& path, Entity is, const Rule& rule) {
  Finding finding;
  finding.path = path;
  finding.rule = rule.id;
  finding.severity = rule.severity;
  if (const auto old_path = WD_TRY(find_old_path(path, is))) {
    finding.kind = FindingKind::Renamed;
    finding.old_path = *old_path;
    finding.was = WD_TRY(outlook_.find(*old_path));
    finding.changed = finding.was ? compare(*finding.was, is) : AttributeSet{0};
    finding.changes.push_back({*old_path, std::nullopt});
    if (is.stat.kind == host::FileKind::Directory) left_.push_back(*old_path);
  }
  finding.changes.push_back({path, is});
  const host::FileStat stat = is.stat;
  finding.is = std::move(is);
  add(std::move(finding));
  return suspect_other_names(path, stat, true);
}

Result<void> Examination::report_gone(const std::string& path, const Entity& was) {
  Finding finding;
  finding.kind = FindingKind::Deleted;
  finding.path = path;
  finding.was = was;
  finding.changes = {{path, std::nullopt}};
  const Scope::Position position = compiled_.scope.find(path);
  const Rule* rule = compiled_.scope.first_rule(position, was.stat.kind);
  if (rule == nullptr) {  // watched once, not now
    outlook_.set(finding.changes.front());
    outcome_.silent.push_back(std::move(finding.changes.front()));
    return {};
  }
  finding.rule = rule->id;
  finding.severity = rule->severity;
  add(std::move(finding));
  return suspect_other_names(path, was.stat, false);
}

// Everything in a directory that is new here, and what the baseline has of the one that was here before.
Result<void> Examination::explore(host::Directory& parent, const std::string& path, const Scope::Position& position) {
  auto directory = parent.open(std::string(host::base_of(path)));
  if (!directory && is_absence(directory.error())) return {};
  if (!directory) return fail(std::move(directory).error());
  if (on_directory_) on_directory_(path, (*directory)->stat());
  Listing listing(**directory, compiled_.scope, position);
  std::vector<std::string> present;
  while (true) {
    if (is_full()) {
      outcome_.unexplored.push_back(path);
      return {};
    }
    const auto entries = WD_TRY(listing.next());
    if (entries.empty()) break;
    for (const host::FileEntry& entry : entries) {
      present.push_back(entry.name);
      const Scope::Position below = compiled_.scope.descend(position, entry.name);
      if (below.may_contain()) WD_TRY(look_in(**directory, entry, host::join(path, entry.name), below, true));
    }
  }
  std::sort(present.begin(), present.end());
  for (const std::string& name : WD_TRY(outlook_.children(path)))
    if (!std::binary_search(present.begin(), present.end(), name)) missed_.push_back(host::join(path, name));
  return {};
}

// Nothing is at `path` any more. It may have been an entity, or only have led to some.
Result<void> Examination::explore_gone(const std::string& path) {
  const auto was = WD_TRY(outlook_.find(path));
  if (was) WD_TRY(report_gone(path, *was));
  if (was && was->stat.kind != host::FileKind::Directory) return {};
  if (was || compiled_.scope.find(path).is_covered()) return forget_below(path);
  for (const std::string& directory : WD_TRY(outlook_.directories_below(path))) WD_TRY(forget_below(directory));
  return {};
}

Result<void> Examination::forget_below(const std::string& path) {
  if (is_full()) {
    outcome_.unexplored.push_back(path);
    return {};
  }
  for (const std::string& name : WD_TRY(outlook_.children(path))) WD_TRY(explore_gone(host::join(path, name)));
  return {};
}

Result<std::optional<std::string>> Examination::find_old_path(const std::string& path, const Entity& is) {
  for (const std::string& old_path : WD_TRY(outlook_.baseline().paths_of(is.stat))) {
    const auto was = WD_TRY(outlook_.find(old_path));
    if (old_path == path || !was || !is_same_file(was->stat, is.stat)) continue;
    // Without a time of birth an inode number may have been used again: only the same content is the same file.
    if (is.stat.born_ns == 0 && compare(*was, is) != 0) continue;
    if (!WD_TRY(is_still_there(old_path))) return std::optional<std::string>(old_path);
  }
  return std::optional<std::string>();
}

// Something else at the old path counts as there: then that path was updated, and this one is new.
Result<bool> Examination::is_still_there(const std::string& path) {
  auto parent = tree_.open(std::string(host::parent_of(path)));
  if (!parent && is_absence(parent.error())) return false;
  if (!parent) return fail(std::move(parent).error());
  return WD_TRY((*parent)->find(std::string(host::base_of(path)))).has_value();
}

void Examination::add(Finding finding) {
  finding.cause = cause_;
  for (const BaselineChange& change : finding.changes) outlook_.set(change);
  outcome_.findings.push_back(std::move(finding));
}

}  // namespace

Look look_at(const Compiled& compiled, const Scope::Position& position, host::FileKind kind) {
  return {compiled.scope.attributes(position, kind), static_cast<std::uint64_t>(compiled.policy.max_hash_bytes),
          compiled.scope.keeps_text(position)};
}

Result<std::shared_ptr<const Compiled>> compile(const Policy& policy, const RuleSet& shipped) {
  auto compiled = std::make_shared<Compiled>();
  compiled->policy = policy;
  compiled->severity = WD_TRY(parse_severity(policy.severity).in("severity"));
  RuleSet rules = WD_TRY(load_policy_rules(policy, shipped));
  compiled->scope = WD_TRY(Scope::create(policy.watch, policy.exclude, std::move(rules), compiled->severity));
  compiled->scans = WD_TRY(Schedule::parse(policy.scan_at).in("scan_at"));
  for (std::size_t i = 0; i < policy.allowances.size(); ++i)
    compiled->allowances.push_back(WD_TRY(Allowance::parse(policy.allowances[i]).in(fmt::format("allowances/{}", i))));
  return std::shared_ptr<const Compiled>(std::move(compiled));
}

std::string_view message_id(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::Created:
      return "integrity.file.created";
    case FindingKind::Updated:
      return "integrity.file.updated";
    case FindingKind::Attributes:
      return "integrity.file.attributes";
    case FindingKind::Deleted:
      return "integrity.file.deleted";
    case FindingKind::Renamed:
      return "integrity.file.renamed";
  }
  return "integrity.file.updated";
}

Engine::Engine(std::shared_ptr<const Compiled> compiled, host::FileTree& tree, const Baseline& baseline,
               DirectoryListener on_directory)
    : compiled_(std::move(compiled)), tree_(tree), baseline_(baseline), on_directory_(std::move(on_directory)) {}

Result<Outcome> Engine::examine(std::span<const Suspect> suspects) const {
  return Examination(*compiled_, tree_, baseline_, on_directory_).run(suspects);
}

}  // namespace warder::integrity
