#include "manager/events/retag.h"

#include <algorithm>
#include <map>

#include "manager/events/event_rows.h"
#include "manager/events/event_store.h"
#include "manager/events/filter_match.h"
#include "manager/events/filter_term.h"
#include "manager/events/tags.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr std::size_t kPart = 500;  // written at once: ingest waits that long

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

Result<std::optional<StoredEvent>> read_stored(Db& db, const StoredEvent& stored) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT " + std::string(kEventColumns) + " FROM events WHERE time = ?1 AND id = ?2"));
  WD_TRY(statement->bind({to_micros(stored.event.time), bytes_of(stored.event.id)}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return std::optional<StoredEvent>{};
  return std::optional{WD_TRY(read_event(*row))};
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

}  // namespace

Result<std::size_t> EventStore::retag_stored(TenantEvents& open, std::span<const StoredEvent> events,
                                             const TagChange& change) {
  std::map<Month, std::vector<const StoredEvent*>> months;
  for (const StoredEvent& stored : events) months[month_of(stored.event.time)].push_back(&stored);
  const std::scoped_lock lock{open.writing};
  std::size_t changed = 0;
  for (const auto& [month, listed] : months) {
    const EventFileRef file = WD_TRY(open.files->open_or_create(month));
    auto db = WD_TRY(file->writer->acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    std::size_t of_month = 0;
    for (const StoredEvent* stored : listed)
      if (WD_TRY(retag_one(*db, *stored, change))) ++of_month;
    if (of_month == 0) continue;
    if (change.before_commit) WD_TRY(change.before_commit(of_month));
    WD_TRY(transaction.commit());
    changed += of_month;
  }
  return changed;
}

Result<RetagResult> EventStore::retag(const TenantScope& scope, std::span<const EventId> ids, const TagChange& change) {
  WD_TRY(check_change(change));
  if (ids.size() > kMaxRetagIds) return fail(ErrorCode::TooLarge, "ids: more than 1000");
  TenantEvents& open = *WD_TRY(tenant(scope));
  std::vector<StoredEvent> events;
  for (const EventId& id : ids) events.push_back(WD_TRY(find(scope, id)));
  return RetagResult{WD_TRY(retag_stored(open, events, change)), true};
}

Result<RetagResult> EventStore::retag(const TenantScope& scope, const EventSelection& selection,
                                      const TagChange& change, std::size_t limit) {
  WD_TRY(check_change(change));
  TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection to_change{that_would_change(selection.filter, change), selection.from, selection.to};
  RetagResult result;
  std::string cursor;
  std::size_t seen = 0;
  do {
    const EventPage page = WD_TRY(list(scope, to_change, kPart, cursor));
    result.changed += WD_TRY(retag_stored(open, page.items, change));
    seen += page.items.size();
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty() && seen < limit);
  result.is_complete = cursor.empty();
  return result;
}

}  // namespace warder::manager
