#include "engines/integrity/scan.h"

#include <algorithm>
#include <unordered_map>

#include "engines/integrity/listing.h"
#include "engines/integrity/observe.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kAdoptBatch = 1000;      // changes in one transaction
constexpr std::size_t kMaxHeldBack = 100'000;  // suspects that are gone
constexpr std::size_t kMaxLoaded = 10'000;     // a directory's entries read from the baseline at once

// What the baseline has of one directory.
class KnownEntries {
 public:
  static Result<KnownEntries> load(const Baseline& baseline, const std::string& directory) {
    KnownEntries known(baseline, directory);
    WD_TRY(baseline.for_each_child(directory, [&](std::string_view name, const Entity& entity) {
      if (known.loaded_.size() == kMaxLoaded) {
        known.is_whole_ = false;
        return false;
      }
      known.loaded_.emplace(name, entity);
      return true;
    }));
    return known;
  }
  Result<std::optional<Entity>> find(const std::string& name) const {
    const auto it = loaded_.find(name);
    if (it != loaded_.end()) return std::optional<Entity>(it->second);
    if (is_whole_) return std::optional<Entity>();
    return baseline_.find(host::join(directory_, name));
  }

 private:
  KnownEntries(const Baseline& baseline, const std::string& directory) : baseline_(baseline), directory_(directory) {}

  const Baseline& baseline_;
  const std::string& directory_;
  std::unordered_map<std::string, Entity> loaded_;
  bool is_whole_ = true;
};

struct Place {
  std::string path;
  Scope::Position position;
};

class Scan {
 public:
  Scan(const Compiled& compiled, const Scope& known, host::FileTree& tree, Baseline& baseline,
       const ScanOptions& options, ScanSink& sink)
      : compiled_(compiled),
        known_(known),
        scope_has_changed_(known.text() != compiled.scope.text()),
        tree_(tree),
        baseline_(baseline),
        options_(options),
        sink_(sink) {}

  Result<ScanReport> run(const std::stop_token& stop);

 private:
  Result<void> visit(const Place& place, const std::stop_token& stop);
  Result<void> visit_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                           const KnownEntries& known);
  Result<bool> compare_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                             const KnownEntries& known);
  Result<bool> has_other_content(host::Directory& directory, const host::FileEntry& entry, const Place& place,
                                 const Entity& was);
  Result<void> adopt_entry(host::Directory& directory, const host::FileEntry& entry, const Place& place);
  Result<void> miss_children(const std::string& directory, const std::vector<std::string>& present);
  Result<void> miss_unreachable();
  Result<void> drop_unwatched();
  void cover(const Place& place, host::Directory& directory, const Listing& listing);
  void add_suspect(const std::string& path, std::int64_t changed_ns);
  void add_gone(const std::string& path);
  void release_gone();
  Result<void> adopt(BaselineChange change);
  Result<void> flush();

  const Compiled& compiled_;
  const Scope& known_;
  bool scope_has_changed_;
  host::FileTree& tree_;
  Baseline& baseline_;
  const ScanOptions& options_;
  ScanSink& sink_;
  std::vector<Place> to_visit_;
  std::vector<std::string> gone_;
  std::vector<BaselineChange> adopted_;
  ScanReport report_;
};

Result<ScanReport> Scan::run(const std::stop_token& stop) {
  to_visit_.push_back({options_.below, compiled_.scope.find(options_.below)});
  while (!to_visit_.empty() && !stop.stop_requested()) {
    const Place place = std::move(to_visit_.back());
    to_visit_.pop_back();
    WD_TRY(visit(place, stop).in(place.path));
  }
  if (!stop.stop_requested() && options_.below == "/") {
    WD_TRY(miss_unreachable());
    WD_TRY(drop_unwatched());
  }
  WD_TRY(flush());
  release_gone();
  report_.is_complete = !stop.stop_requested();
  return report_;
}

Result<void> Scan::visit(const Place& place, const std::stop_token& stop) {
  auto directory = tree_.open(place.path);
  if (!directory) {
    const ErrorCode code = directory.error().code;
    if (code == ErrorCode::NotFound || code == ErrorCode::Conflict) return miss_children(place.path, {});
    return {};  // not readable: nothing is known, so nothing is claimed
  }
  const KnownEntries known = WD_TRY(KnownEntries::load(baseline_, place.path));
  Listing listing(**directory, compiled_.scope, place.position);
  cover(place, **directory, listing);
  std::vector<std::string> present;
  while (!stop.stop_requested()) {
    const auto entries = WD_TRY(listing.next());
    if (entries.empty()) break;
    for (const host::FileEntry& entry : entries) {
      if (stop.stop_requested()) return {};
      present.push_back(entry.name);
      WD_TRY(visit_entry(**directory, place, entry, known));
    }
  }
  if (stop.stop_requested()) return {};
  std::sort(present.begin(), present.end());
  return miss_children(place.path, present);
}

// A directory that only leads to watched ones needs a watch of its own when something may appear in it.
void Scan::cover(const Place& place, host::Directory& directory, const Listing& listing) {
  if (const auto& names = listing.literal_names()) {
    bool is_needed = false;
    for (const std::string& name : *names) {
      const auto stat = directory.find(name);
      const bool is_elsewhere = stat && *stat && (*stat)->mount != directory.stat().mount;
      const bool leads_on = stat && *stat && (*stat)->kind == host::FileKind::Directory &&
                            !compiled_.scope.descend(place.position, name).is_covered();
      is_needed = is_needed || !(is_elsewhere || leads_on);
    }
    if (!is_needed) return;
  }
  sink_.on_directory(place.path, directory.stat());
}

Result<void> Scan::visit_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                               const KnownEntries& known) {
  Place below{host::join(place.path, entry.name), compiled_.scope.descend(place.position, entry.name)};
  if (!below.position.may_contain()) return {};
  const bool is_directory = entry.stat.kind == host::FileKind::Directory;
  if (is_directory && options_.device != 0 && entry.stat.device != options_.device) return {};
  // The engine explores a directory that is new or replaced; here it would only be found a second time.
  const std::uint64_t bytes = report_.bytes;
  const bool is_known =
      !below.position.covers(entry.stat.kind) || WD_TRY(compare_entry(directory, below, entry, known));
  sink_.looked(report_.bytes - bytes);
  if (is_directory && is_known && below.position.may_lead_on()) to_visit_.push_back(std::move(below));
  return {};
}

// False when the entry is a suspect that the engine will look into.
Result<bool> Scan::compare_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                                 const KnownEntries& known) {
  ++report_.entities;
  const auto was = WD_TRY(known.find(entry.name));
  if (!was && scope_has_changed_ && !known_.find(place.path).covers(entry.stat.kind)) {
    WD_TRY(adopt_entry(directory, entry, place));
    return true;
  }
  if (!was) {
    add_suspect(place.path, entry.stat.changed_ns);
    return false;
  }
  const bool has_new_time =
      entry.stat.kind == host::FileKind::Directory && was->stat.modified_ns != entry.stat.modified_ns &&
      contains(compiled_.scope.attributes(place.position, entry.stat.kind), Attribute::LastModified);
  if (has_new_time || !has_same_stat(was->stat, entry.stat)) {
    add_suspect(place.path, entry.stat.changed_ns);
    return is_same_file(was->stat, entry.stat);
  }
  if (options_.reads_content && WD_TRY(has_other_content(directory, entry, place, *was)))
    add_suspect(place.path, entry.stat.changed_ns);
  return true;
}

Result<bool> Scan::has_other_content(host::Directory& directory, const host::FileEntry& entry, const Place& place,
                                     const Entity& was) {
  if (was.stat.kind != host::FileKind::Regular) return false;
  const auto seen = WD_TRY(observe(directory, entry.name, look_at(compiled_, place.position, entry.stat.kind)));
  if (!seen) return true;
  if (seen->entity.digest) report_.bytes += seen->entity.stat.bytes;
  return seen->entity.digest != was.digest;
}

Result<void> Scan::adopt_entry(host::Directory& directory, const host::FileEntry& entry, const Place& place) {
  auto seen = WD_TRY(observe(directory, entry.name, look_at(compiled_, place.position, entry.stat.kind)));
  if (!seen) return {};
  if (seen->entity.digest) report_.bytes += seen->entity.stat.bytes;
  ++report_.adopted;
  return adopt({place.path, std::move(seen->entity)});
}

// `present` is sorted.
Result<void> Scan::miss_children(const std::string& directory, const std::vector<std::string>& present) {
  std::vector<std::string> missed;
  WD_TRY(baseline_.for_each_child(directory, [&](std::string_view name, const Entity&) {
    if (!std::binary_search(present.begin(), present.end(), name, std::less<>{})) missed.emplace_back(name);
    return true;
  }));
  for (const std::string& name : missed) add_gone(host::join(directory, name));
  return {};
}

// Directories that are remembered and that the walk did not come to, because what led to them is gone.
Result<void> Scan::miss_unreachable() {
  for (const std::string& path : WD_TRY(baseline_.directories())) {
    // An entity itself: its parent has missed it.
    if (compiled_.scope.find(path).covers(host::FileKind::Directory) && WD_TRY(baseline_.find(path))) continue;
    const auto directory = tree_.open(path);
    if (!directory && (directory.error().code == ErrorCode::NotFound || directory.error().code == ErrorCode::Conflict))
      WD_TRY(miss_children(path, {}));
  }
  return {};
}

Result<void> Scan::drop_unwatched() {
  if (!scope_has_changed_) return {};
  for (const std::string& directory : WD_TRY(baseline_.directories())) {
    std::vector<std::string> dropped;
    WD_TRY(baseline_.for_each_child(directory, [&](std::string_view name, const Entity& entity) {
      std::string path = host::join(directory, name);
      if (!compiled_.scope.find(path).covers(entity.stat.kind)) dropped.push_back(std::move(path));
      return true;
    }));
    report_.forgotten += dropped.size();
    for (std::string& path : dropped) WD_TRY(adopt({std::move(path), std::nullopt}));
  }
  return {};
}

void Scan::add_suspect(const std::string& path, std::int64_t changed_ns) {
  ++report_.suspects;
  sink_.suspect(path, changed_ns);
}

void Scan::add_gone(const std::string& path) {
  gone_.push_back(path);
  if (gone_.size() >= kMaxHeldBack) release_gone();
}

void Scan::release_gone() {
  for (const std::string& path : gone_) add_suspect(path, 0);
  gone_.clear();
}

Result<void> Scan::adopt(BaselineChange change) {
  adopted_.push_back(std::move(change));
  return adopted_.size() < kAdoptBatch ? Result<void>() : flush();
}

Result<void> Scan::flush() {
  if (adopted_.empty()) return {};
  WD_TRY(baseline_.apply(adopted_));
  adopted_.clear();
  return {};
}

}  // namespace

Result<ScanReport> scan(const Compiled& compiled, const Scope& known, host::FileTree& tree, Baseline& baseline,
                        const ScanOptions& options, ScanSink& sink, const std::stop_token& stop) {
  return Scan(compiled, known, tree, baseline, options, sink).run(stop);
}

}  // namespace warder::integrity
