#include "manager/events/retag.h"

#include <algorithm>

#include "manager/events/event_rows.h"
#include "manager/events/filter_match.h"
#include "manager/events/filter_term.h"
#include "manager/events/stored_changes.h"
#include "manager/events/tags.h"

namespace warder::manager {
namespace {

Result<void> check_change(const TagChange& change) {
  for (const auto& tags : {change.add, change.remove})
    for (const std::string& tag : tags) WD_TRY(check_tag(tag));
  if (change.add.empty() && change.remove.empty()) return fail(ErrorCode::Invalid, "no tag is to be added or removed");
  if (change.add.size() > kMaxEventTags) return fail(ErrorCode::TooLarge, "add: more than 16 tags");
  return {};
}

bool apply(const TagChange& change, std::vector<std::string>& tags) {
  bool is_changed = false;
  for (const std::string& tag : change.remove) is_changed = remove_tag(tags, tag) || is_changed;
  for (const std::string& tag : change.add) is_changed = add_tag(tags, tag) || is_changed;
  return is_changed;
}

Filter tag_filter(FilterOp op, const std::string& tag) {
  return {Filter::Kind::Term, {}, {find_filter_field("tag"), op, {FilterValue{tag}}}};
}

/// And of those that the change would change, but for the ones with as many tags as can be.
Filter that_would_change(const Filter& filter, const TagChange& change) {
  Filter either{Filter::Kind::Or, {}, {}};
  for (const std::string& tag : change.add) either.children.push_back(tag_filter(FilterOp::NotEqual, tag));
  for (const std::string& tag : change.remove) either.children.push_back(tag_filter(FilterOp::Equal, tag));
  if (either.children.size() == 1) {
    Filter only = std::move(either.children.front());
    either = std::move(only);
  }
  return {Filter::Kind::And, {filter, std::move(either)}, {}};
}

/// Within the caller's transaction: whether the event changed.
Result<bool> retag_one(Db& db, const StoredEvent& listed, const TagChange& change) {
  auto stored = WD_TRY(read_stored(db, listed));
  if (!stored || !apply(change, stored->tags)) return false;
  const std::string text = tags_text(stored->tags);
  WD_TRY(db.execute("UPDATE events SET tags = NULLIF(?3, '') WHERE time = ?1 AND id = ?2",
                    {to_micros(stored->event.time), bytes_of(stored->event.id), text}));
  return true;
}

StoredChange stored_change(const TagChange& change) {
  return {[&change](Db& db, const StoredEvent& listed) { return retag_one(db, listed, change); }, change.before_commit};
}

}  // namespace

Result<RetagResult> EventStore::retag(const TenantScope& scope, std::span<const EventId> ids, const TagChange& change) {
  WD_TRY(check_change(change));
  if (ids.size() > kMaxRetagIds) return fail(ErrorCode::TooLarge, "ids: more than 1000");
  TenantEvents& open = *WD_TRY(tenant(scope));
  std::vector<StoredEvent> events;
  for (const EventId& id : ids) events.push_back(WD_TRY(find(scope, id)));
  return RetagResult{WD_TRY(change_stored(open, events, stored_change(change))), true};
}

Result<RetagResult> EventStore::retag(const TenantScope& scope, const EventSelection& selection,
                                      const TagChange& change, std::size_t limit) {
  WD_TRY(check_change(change));
  TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection to_change{that_would_change(selection.filter, change), selection.from, selection.to};
  return change_listed(
      open, [&](std::string_view cursor) { return list(scope, to_change, kChangedAtOnce, cursor); },
      stored_change(change), limit);
}

}  // namespace warder::manager
