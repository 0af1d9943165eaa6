#include "engines/integrity/sweep.h"

#include <algorithm>
#include <functional>

#include "engines/integrity/features.h"
#include "engines/integrity/listing.h"
#include "engines/integrity/observe.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxLoaded = 4096;       // a directory's entries read from the baseline at once
constexpr std::size_t kBatch = 1000;           // new entries in one transaction
constexpr std::size_t kMaxLinkDepth = 40;      // links followed on the way to a directory
constexpr std::uint64_t kRelaxEvery = 20'000;  // entities, of which the baseline holds some 3 MB

std::uint64_t hash_of(const std::string& path) noexcept {
  return std::hash<std::string>{}(path);
}

// What the baseline has of one directory, as it is stored, in the order of names.
class KnownChildren {
 public:
  static Result<KnownChildren> load(const Baseline& baseline, const std::string& directory) {
    KnownChildren known(baseline, directory);
    WD_TRY(baseline.for_each_stored(directory, [&](std::string_view name, ByteView stored) {
      if (known.loaded_.size() == kMaxLoaded) {
        known.is_whole_ = false;
        return false;
      }
      known.loaded_.push_back({known.bytes_.size(), name.size(), stored.size()});
      append(known.bytes_, as_bytes(name));
      append(known.bytes_, stored);
      return true;
    }));
    const auto by_name = [&](const Child& a, const Child& b) { return known.name(a) < known.name(b); };
    if (!std::is_sorted(known.loaded_.begin(), known.loaded_.end(), by_name))
      std::sort(known.loaded_.begin(), known.loaded_.end(), by_name);
    return known;
  }

  // Nothing when it is not remembered. Lives until the next call.
  Result<std::optional<ByteView>> find(const std::string& name) {
    if (Child* child = loaded(name)) {
      child->is_seen = true;
      return std::optional<ByteView>(stored(*child));
    }
    if (is_whole_) return std::optional<ByteView>();
    const auto entity = WD_TRY(baseline_.find(host::join(directory_, name)));
    if (!entity) return std::optional<ByteView>();
    spare_ = encode(*entity);
    return std::optional<ByteView>(spare_);
  }

  // Those that were not asked for are gone; of a very large directory each that was not loaded is looked for.
  Result<void> for_each_missing(host::Directory& directory,
                                const std::function<Result<void>(const std::string&, const Entity&)>& each) {
    for (const Child& child : loaded_)
      if (!child.is_seen) WD_TRY(each(std::string(name(child)), WD_TRY(decode_entity(stored(child)))));
    if (is_whole_) return {};
    std::vector<std::pair<std::string, Entity>> gone;
    WD_TRY(baseline_.for_each_child(directory_, [&](std::string_view name, const Entity& entity) {
      const std::string text(name);
      if (loaded(text) != nullptr) return true;
      const auto stat = directory.find(text);
      if (stat && !*stat) gone.emplace_back(text, entity);
      return true;
    }));
    for (const auto& [name, entity] : gone) WD_TRY(each(name, entity));
    return {};
  }

 private:
  struct Child {
    std::size_t at = 0;  // in bytes_: the name, and then what is stored of it
    std::size_t name_size = 0;
    std::size_t stored_size = 0;
    bool is_seen = false;
  };
  KnownChildren(const Baseline& baseline, const std::string& directory) : baseline_(baseline), directory_(directory) {}

  [[nodiscard]] std::string_view name(const Child& child) const {
    return as_text(ByteView(bytes_).subspan(child.at, child.name_size));
  }
  [[nodiscard]] ByteView stored(const Child& child) const {
    return ByteView(bytes_).subspan(child.at + child.name_size, child.stored_size);
  }
  Child* loaded(const std::string& wanted) {
    const auto it = std::lower_bound(loaded_.begin(), loaded_.end(), wanted,
                                     [&](const Child& child, const std::string& w) { return name(child) < w; });
    return it != loaded_.end() && name(*it) == wanted ? &*it : nullptr;
  }

  const Baseline& baseline_;
  const std::string& directory_;
  std::vector<Child> loaded_;
  Bytes bytes_;
  Bytes spare_;
  bool is_whole_ = true;
};

}  // namespace

// A directory to look into. `real` is where it is, when links led to `path`.
struct Sweep::Place {
  std::string path;
  Scope::Position position;
  std::string real;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> links;  // device and inode of the directories links led to
};

class Sweep::Visit {
 public:
  explicit Visit(Sweep& sweep) : sweep_(sweep) {}

  Result<void> run(const Place& place, const std::stop_token& stop, const std::function<void(std::uint64_t)>& pace);
  Result<void> flush();
  [[nodiscard]] const SweepReport& report() const noexcept { return report_; }

 private:
  Result<void> visit_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                           KnownChildren* known);
  Result<void> follow(const Place& place, const host::FileEntry& entry, const Scope::Position& position,
                      KnownChildren* known);
  Result<void> compare_entry(host::Directory& directory, const std::string& path, const host::FileEntry& entry,
                             const std::string& real_name, const Scope::Position& position, KnownChildren* known);
  Result<void> add(const std::string& path, Entity entity);

  Sweep& sweep_;
  SweepReport report_;
  std::vector<NewChildren> added_;
  std::size_t added_count_ = 0;
};

Result<void> Sweep::Visit::run(const Place& place, const std::stop_token& stop,
                               const std::function<void(std::uint64_t)>& pace) {
  auto directory = sweep_.tree_.open(place.real.empty() ? place.path : place.real);
  if (!directory) {
    const ErrorCode code = directory.error().code;
    if (code == ErrorCode::NotFound || code == ErrorCode::Conflict) return sweep_.miss_children(place.path);
    ++report_.unreadable;
    return {};  // nothing is known, so nothing is claimed
  }
  ++report_.directories;
  std::optional<KnownChildren> known = WD_TRY(KnownChildren::load(sweep_.baseline_, place.path));
  Listing listing(**directory, sweep_.scope_, place.position);
  while (true) {
    auto entries = listing.next();
    if (!entries) {
      ++report_.unreadable;
      return {};
    }
    if (entries->empty()) break;
    for (const host::FileEntry& entry : *entries) {
      if (stop.stop_requested()) return {};
      const std::uint64_t before = report_.bytes;
      WD_TRY(visit_entry(**directory, place, entry, &*known).in(place.path));
      if (pace) pace(report_.bytes - before);
    }
  }
  return known->for_each_missing(**directory, [&](const std::string& name, const Entity& was) -> Result<void> {
    // A name beside those that were looked up may be there all the same.
    if (listing.literal_names()) {
      const auto stat = (*directory)->find(name);
      if (!stat || *stat) return {};
    }
    sweep_.report(host::join(place.path, name), &was, nullptr);
    return {};
  });
}

Result<void> Sweep::Visit::visit_entry(host::Directory& directory, const Place& place, const host::FileEntry& entry,
                                       KnownChildren* known) {
  std::optional<Scope::Position> descended;
  if (!place.position.is_uniform()) descended = sweep_.scope_.descend(place.position, entry.name);
  const Scope::Position& below = descended ? *descended : place.position;
  if (!below.may_contain()) return {};
  if (entry.stat.kind == host::FileKind::Symlink && sweep_.scope_.follows_links(below))
    return follow(place, entry, below, known);
  const std::string path = host::join(place.path, entry.name);
  WD_TRY(compare_entry(directory, path, entry, entry.name, below, known));
  if (entry.stat.kind != host::FileKind::Directory || !below.may_lead_on()) return {};
  auto next = std::make_unique<Place>();
  next->path = path;
  next->position = below;
  if (!place.real.empty()) next->real = host::join(place.real, entry.name);
  next->links = place.links;
  sweep_.push(std::move(next));
  return {};
}

// A link counts as what it leads to; one that leads nowhere, or round in a circle, as itself.
Result<void> Sweep::Visit::follow(const Place& place, const host::FileEntry& entry, const Scope::Position& position,
                                  KnownChildren* known) {
  const std::string path = host::join(place.path, entry.name);
  const std::string link = host::join(place.real.empty() ? place.path : place.real, entry.name);
  const std::string target = sweep_.tree_.resolve(link);
  const std::string name(host::base_of(target));
  auto parent = sweep_.tree_.open(std::string(host::parent_of(target)));
  if (!parent || name.empty()) return {};
  const auto stat = WD_TRY((*parent)->find(name));
  if (!stat) return {};
  const host::FileEntry found{entry.name, *stat};
  WD_TRY(compare_entry(**parent, path, found, name, position, known));
  if (stat->kind != host::FileKind::Directory || !position.may_lead_on()) return {};
  const std::pair<std::uint64_t, std::uint64_t> identity{stat->device, stat->inode};
  const bool is_known = std::find(place.links.begin(), place.links.end(), identity) != place.links.end();
  // A directory above the link would be entered again and again.
  const bool is_above = link == target || link.starts_with(target + "/") || target == "/";
  if (is_known || is_above || place.links.size() >= kMaxLinkDepth) return {};
  auto next = std::make_unique<Place>();
  next->path = path;
  next->real = target;
  next->position = position;
  next->links = place.links;
  next->links.push_back(identity);
  sweep_.push(std::move(next));
  return {};
}

Result<void> Sweep::Visit::compare_entry(host::Directory& directory, const std::string& path,
                                         const host::FileEntry& entry, const std::string& real_name,
                                         const Scope::Position& position, KnownChildren* known) {
  const std::optional<ByteView> stored = WD_TRY(known->find(entry.name));
  const bool is_covered = position.covers(entry.stat.kind);
  const AttributeSet attributes = is_covered ? sweep_.scope_.attributes(position, entry.stat.kind) : AttributeSet{0};
  if (is_covered && stored && sweep_.options_.trusts_times && directory.moves_times_on_mapped_stores() &&
      (attributes & (Attribute::LastAccessed | Attribute::Blocks)) == 0 && StatForm(entry.stat).is_of(*stored)) {
    ++report_.entities;
    return {};
  }
  const auto remembered = stored ? std::optional<Entity>(WD_TRY(decode_entity(*stored))) : std::nullopt;
  const Entity* was = remembered ? &*remembered : nullptr;
  if (!is_covered) {
    if (was != nullptr) sweep_.report(path, was, nullptr);  // it is of another kind now
    return {};
  }
  ++report_.entities;
  if (sweep_.scope_.has_features()) {
    const FeatureTest test = make_feature_test(directory, real_name, entry.stat);
    if (sweep_.scope_.covers(position, entry.stat.kind, test).empty()) {
      // What a test no longer selects is not gone for all that: only the tests of what it was could say.
      return {};
    }
  }
  const Look look{attributes, sweep_.options_.max_hash_bytes, sweep_.scope_.keeps_text(position)};
  auto seen = WD_TRY(observe(directory, real_name, look, &entry.stat).in(path));
  if (!seen) {
    if (was != nullptr) sweep_.report(path, was, nullptr);
    return {};
  }
  if (!seen->is_readable) ++report_.unreadable;
  if (seen->entity.stat.kind == host::FileKind::Regular && (attributes & kContentSet) != 0)
    report_.bytes += seen->entity.stat.bytes;
  if (was == nullptr && sweep_.options_.makes_baseline) return add(path, std::move(seen->entity));
  if (was == nullptr && sweep_.scope_has_changed_ && !sweep_.known_.find(path).covers(entry.stat.kind)) return {};
  if (was == nullptr || !(*was == seen->entity)) sweep_.report(path, was, &seen->entity);
  return {};
}

Result<void> Sweep::Visit::add(const std::string& path, Entity entity) {
  const std::string_view directory = host::parent_of(path);
  if (added_.empty() || added_.back().directory != directory) added_.push_back({std::string(directory), {}});
  added_.back().entries.emplace_back(host::base_of(path), std::move(entity));
  return ++added_count_ < kBatch ? Result<void>() : flush();
}

Result<void> Sweep::Visit::flush() {
  if (added_.empty()) return {};
  WD_TRY(sweep_.baseline_.add(added_));
  added_.clear();
  added_count_ = 0;
  return {};
}

Sweep::Sweep(const Scope& scope, const Scope& known, host::FileTree& tree, Baseline& baseline,
             const SweepOptions& options, SweepSink* sink)
    : scope_(scope),
      known_(known),
      scope_has_changed_(scope.text() != known.text()),
      tree_(tree),
      baseline_(baseline),
      options_(options),
      sink_(sink) {
  auto top = std::make_unique<Place>();
  top->path = "/";
  top->position = scope.root();
  places_.push_back(std::move(top));
}

Sweep::~Sweep() = default;

std::unique_ptr<Sweep::Place> Sweep::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !places_.empty() || busy_ == 0 || error_; });
  if (stop.stop_requested() || error_ || places_.empty()) return nullptr;
  auto place = std::move(places_.back());
  places_.pop_back();
  ++busy_;
  visited_.insert(hash_of(place->path));
  return place;
}

void Sweep::done() {
  const std::lock_guard lock(mutex_);
  if (--busy_ == 0) changed_.notify_all();
}

void Sweep::push(std::unique_ptr<Place> place) {
  const std::lock_guard lock(mutex_);
  places_.push_back(std::move(place));
  changed_.notify_one();
}

void Sweep::fail_with(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

void Sweep::report(const std::string& path, const Entity* was, const Entity* is) {
  const std::lock_guard lock(sink_mutex_);
  if (options_.makes_baseline) {  // an earlier, unfinished run had something else
    BaselineChange change{path, std::nullopt};
    if (is != nullptr) change.entity = *is;
    if (auto applied = baseline_.apply({change}); !applied) fail_with(applied.error());
    return;
  }
  // What only the baseline's own rules watched is no longer anybody's business.
  if (is == nullptr && scope_has_changed_ && !scope_.find(path).covers(was->stat.kind)) return;
  if (sink_ != nullptr) sink_->differs(path, was, is);
}

Result<void> Sweep::work(const std::stop_token& stop, const std::function<void(std::uint64_t)>& pace) {
  Visit visit(*this);
  std::uint64_t relaxed = 0;
  while (const auto place = next(stop)) {
    auto visited = visit.run(*place, stop, pace);
    if (!visited) fail_with(visited.error());
    if (visit.report().entities - relaxed >= kRelaxEvery) {
      baseline_.relax();
      relaxed = visit.report().entities;
    }
    done();
  }
  auto flushed = stop.stop_requested() ? Result<void>() : visit.flush();
  if (!flushed) fail_with(flushed.error());
  const std::lock_guard lock(mutex_);
  report_.entities += visit.report().entities;
  report_.directories += visit.report().directories;
  report_.bytes += visit.report().bytes;
  report_.unreadable += visit.report().unreadable;
  if (error_) return fail(*error_);
  return {};
}

Result<void> Sweep::miss_children(const std::string& directory) {
  std::vector<std::pair<std::string, Entity>> gone;
  WD_TRY(baseline_.for_each_child(directory, [&](std::string_view name, const Entity& entity) {
    gone.emplace_back(name, entity);
    return true;
  }));
  for (const auto& [name, entity] : gone) report(host::join(directory, name), &entity, nullptr);
  return {};
}

Result<SweepReport> Sweep::finish() {
  if (error_) return fail(*error_);
  for (const std::string& directory : WD_TRY(baseline_.directories())) {
    if (visited_.contains(hash_of(directory))) continue;
    const auto opened = tree_.open(directory);
    const bool is_gone =
        !opened && (opened.error().code == ErrorCode::NotFound || opened.error().code == ErrorCode::Conflict);
    if (is_gone) WD_TRY(miss_children(directory));
  }
  if (error_) return fail(*error_);
  return report_;
}

Result<SweepEstimate> estimate(const Scope& scope, host::FileTree& tree, const std::stop_token& stop) {
  SweepEstimate result;
  result.of_rule.resize(scope.rules().size());
  std::vector<std::pair<std::string, Scope::Position>> places = {{"/", scope.root()}};
  while (!places.empty() && !stop.stop_requested()) {
    const auto [path, position] = std::move(places.back());
    places.pop_back();
    auto directory = tree.open(path);
    if (!directory) continue;
    ++result.directories;
    Listing listing(**directory, scope, position);
    for (auto entries = listing.next(); entries && !entries->empty(); entries = listing.next()) {
      for (const host::FileEntry& entry : *entries) {
        Scope::Position below = scope.descend(position, entry.name);
        const auto covers = scope.covers(below, entry.stat.kind, {});
        if (!covers.empty()) ++result.entities;
        for (const Scope::Cover& cover : covers) ++result.of_rule[cover.rule];
        if (!covers.empty() && entry.stat.kind == host::FileKind::Regular &&
            (scope.attributes(below, entry.stat.kind) & kContentSet) != 0)
          result.bytes += entry.stat.bytes;
        if (entry.stat.kind == host::FileKind::Directory && below.may_lead_on())
          places.emplace_back(host::join(path, entry.name), std::move(below));
      }
    }
  }
  return result;
}

}  // namespace warder::integrity
