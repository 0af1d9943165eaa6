#include "engines/integrity/changes.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace warder::integrity {
namespace {

// What a rule watches of a path, all its sets together.
struct Watched {
  SetKind set = SetKind::File;
  AttributeSet attributes = 0;
};
using WatchedByRule = std::map<std::uint32_t, Watched>;

WatchedByRule watched_by(const Scope& scope, Occasion occasion, const std::string& path, const Entity* entity) {
  WatchedByRule all;
  if (entity == nullptr) return all;
  for (const Scope::Cover& cover : scope.covers(scope.find(path), entity->stat.kind, {})) {
    if (occasion == Occasion::RealTime && cover.set->on_change == false) continue;
    Watched& watched = all[cover.rule];
    watched.set = cover.set->kind;
    watched.attributes |= cover.set->attributes;
  }
  return all;
}

Change make(ChangeKind kind, const Scope& scope, std::uint32_t rule, const Watched& watched) {
  Change change;
  change.kind = kind;
  change.rule = &scope.rules()[rule];
  change.set = watched.set;
  change.attributes = watched.attributes;
  return change;
}

// Same file, and without a time of birth the same content too: inode numbers are used again.
bool is_moved(const Change& created, const Change& deleted) {
  if (!is_same_file(created.is->stat, deleted.was->stat)) return false;
  return created.is->stat.born_ns != 0 || compare(*deleted.was, *created.is) == 0;
}

}  // namespace

std::string_view name(ChangeKind kind) noexcept {
  switch (kind) {
    case ChangeKind::Created:
      return "created";
    case ChangeKind::Updated:
      return "updated";
    case ChangeKind::Deleted:
      return "deleted";
    case ChangeKind::Renamed:
      return "renamed";
  }
  return "updated";
}

std::vector<Change> classify(const Scope& scope, Occasion occasion, const std::string& path, const Entity* was,
                             const Entity* is) {
  std::vector<Change> changes;
  const WatchedByRule before = watched_by(scope, occasion, path, was);
  const WatchedByRule after = watched_by(scope, occasion, path, is);
  for (const auto& [rule, watched] : before) {
    const auto now = after.find(rule);
    if (now != after.end() && compare(*was, *is, watched.attributes | now->second.attributes) == 0) continue;
    const bool is_gone = now == after.end();
    Change change = make(is_gone ? ChangeKind::Deleted : ChangeKind::Updated, scope, rule, watched);
    change.key = path;
    change.was = *was;
    if (!is_gone) {
      change.is = *is;
      change.attributes = compare(*was, *is, watched.attributes | now->second.attributes);
    }
    changes.push_back(std::move(change));
  }
  for (const auto& [rule, watched] : after) {
    if (before.contains(rule)) continue;
    Change change = make(ChangeKind::Created, scope, rule, watched);
    change.key = path;
    change.is = *is;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<Change> classify_move(const Scope& scope, Occasion occasion, const std::string& old_path,
                                  const std::string& path, const Entity& was, const Entity& is) {
  std::vector<Change> gone = classify(scope, occasion, old_path, &was, nullptr);
  std::vector<Change> changes;
  for (Change& created : classify(scope, occasion, path, nullptr, &is)) {
    const auto at = std::find_if(gone.begin(), gone.end(), [&](const Change& c) { return c.rule == created.rule; });
    if (at != gone.end()) {
      created.kind = ChangeKind::Renamed;
      created.old_key = old_path;
      created.was = was;
      created.attributes = compare(was, is, created.attributes);
      gone.erase(at);
    }
    changes.push_back(std::move(created));
  }
  for (Change& change : gone) changes.push_back(std::move(change));
  return changes;
}

void ChangeCollector::differs(const std::string& path, const Entity* was, const Entity* is) {
  for (Change& change : classify(scope_, Occasion::Scan, path, was, is)) {
    if (change.kind == ChangeKind::Created) {
      created_.push_back(std::move(change));
    } else if (change.kind == ChangeKind::Deleted) {
      deleted_.push_back(std::move(change));
    } else {
      hand_on(change);
    }
  }
}

void ChangeCollector::finish() {
  const auto by_key = [](const Change& a, const Change& b) { return a.key < b.key; };
  std::sort(created_.begin(), created_.end(), by_key);
  std::sort(deleted_.begin(), deleted_.end(), by_key);
  std::multimap<std::tuple<const Rule*, std::uint64_t, std::uint64_t>, std::size_t> by_inode;
  for (std::size_t i = 0; i < deleted_.size(); ++i)
    by_inode.emplace(std::make_tuple(deleted_[i].rule, deleted_[i].was->stat.device, deleted_[i].was->stat.inode), i);
  std::vector<bool> is_told(deleted_.size(), false);
  for (Change& change : created_) {
    const auto [first, last] =
        by_inode.equal_range(std::make_tuple(change.rule, change.is->stat.device, change.is->stat.inode));
    for (auto it = first; it != last; ++it) {
      Change& old = deleted_[it->second];
      if (is_told[it->second] || !is_moved(change, old)) continue;
      is_told[it->second] = true;
      change.kind = ChangeKind::Renamed;
      change.old_key = old.key;
      change.was = std::move(old.was);
      change.attributes = compare(*change.was, *change.is, change.attributes);
      break;
    }
    hand_on(change);
  }
  for (std::size_t i = 0; i < deleted_.size(); ++i)
    if (!is_told[i]) hand_on(deleted_[i]);
  created_.clear();
  deleted_.clear();
}

void ChangeCollector::hand_on(const Change& change) {
  ++count_;
  handler_(change);
}

}  // namespace warder::integrity
