#include "manager/notify/notice_outbox.h"

#include <algorithm>

#include "base/json.h"
#include "base/secret_filter.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxErrorBytes = 1000;
/// A hold or a pause that seems to last so many times longer is of a clock that was set back since.
constexpr int kNoneIsSoLong = 2;
/// Nobody has it at ?1: the hold is over, or ends behind ?2, as none does.
constexpr std::string_view kIsFree = "state = 0 AND (held_until < ?1 OR held_until > ?2)";
/// One that was never tried has always been due; a pause after a try is over, or ends behind ?3, as none does.
constexpr std::string_view kIsDue = "(tries = 0 OR due <= ?1 OR due > ?3)";
constexpr std::string_view kSelect =
    "SELECT id, channel, people, notice, created, state, tries, due, error, sent FROM notices ";

std::string people_text(const std::vector<UserId>& people) {
  json::array list;
  for (const UserId& each : people) list.emplace_back(each.text());
  return json::serialize(list);
}

Result<StoredNotice> read_notice(const Row& row) {
  StoredNotice stored;
  stored.id = WD_TRY(parse_id<NoticeId>(row.text(0)));
  stored.address.channel = WD_TRY(parse_id<NoticeChannelId>(row.text(1)));
  const json::value people = WD_TRY(parse_json(row.text(2)).in("notice"));
  if (!people.is_array()) return fail(ErrorCode::Corrupt, "notice: people");
  for (const json::value& each : people.get_array()) {
    if (!each.is_string()) return fail(ErrorCode::Corrupt, "notice: people");
    stored.address.people.push_back(WD_TRY(parse_id<UserId>(each.get_string())));
  }
  stored.notice = WD_TRY(notice_from_json(row.text(3)).in("notice"));
  stored.created = from_micros(row.integer(4));
  stored.state = static_cast<NoticeState>(row.integer(5));
  stored.tries = row.integer(6);
  stored.due = from_micros(row.integer(7));
  stored.error = row.text(8);
  stored.sent = optional_time_at(row, 9);
  return stored;
}

Result<std::int64_t> read_count(const Row& row) {
  return row.integer(0);
}

constexpr std::string_view kCountWaiting = "SELECT COUNT(*) FROM notices WHERE state = 0";

}  // namespace

std::string_view name(NoticeState state) noexcept {
  switch (state) {
    case NoticeState::Waiting:
      return "waiting";
    case NoticeState::Sent:
      return "sent";
    case NoticeState::Failed:
      return "failed";
  }
  return "";
}

Result<NoticeId> NoticeOutbox::put(Db& transaction, const NoticeAddress& address, const Notice& notice) {
  const auto waiting = WD_TRY(read_row(transaction, kCountWaiting, {}, read_count));
  if (*waiting >= options_.max_waiting) return fail(ErrorCode::Conflict, "too many notices wait to be sent");
  const Timestamp now = clock_.now();
  const auto id = make_id<NoticeId>(now);
  WD_TRY(transaction.execute(
      "INSERT INTO notices (id, channel, people, about, notice, created, state, tries, due, holder, held_until, error, "
      "sent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?6, '', 0, '', NULL)",
      {id.text(), address.channel.text(), people_text(address.people), notice.about, notice_to_json(notice),
       to_micros(now)}));
  return id;
}

Result<NoticeId> NoticeOutbox::put(const TenantScope& scope, const NoticeAddress& address, const Notice& notice) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const NoticeId id = WD_TRY(put(*db, address, notice));
  WD_TRY(tx.commit());
  return id;
}

Result<std::vector<StoredNotice>> NoticeOutbox::list(const TenantScope& scope, std::string_view about,
                                                     std::size_t limit) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "WHERE ?1 = '' OR about = ?1 ORDER BY id DESC LIMIT ?2",
                   {std::string(about), static_cast<std::int64_t>(limit)}, read_notice);
}

Result<StoredNotice> NoticeOutbox::find(const TenantScope& scope, const NoticeId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto found = WD_TRY(read_row(*db, std::string(kSelect) + "WHERE id = ?1", {id.text()}, read_notice));
  if (!found) return fail(ErrorCode::NotFound, "no such notice");
  return std::move(*found);
}

Result<std::vector<NoticeChannelId>> NoticeOutbox::due_channels(const TenantScope& scope) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db, "SELECT DISTINCT channel FROM notices WHERE " + std::string(kIsFree) + " AND " + std::string(kIsDue),
      {to_micros(now), to_micros(now + kHold * kNoneIsSoLong), to_micros(now + options_.longest_pause * kNoneIsSoLong)},
      [](const Row& row) -> Result<NoticeChannelId> { return parse_id<NoticeChannelId>(row.text(0)); });
}

Result<std::optional<StoredNotice>> NoticeOutbox::take(const TenantScope& scope, const NoticeChannelId& channel,
                                                       std::string_view holder) {
  const Timestamp now = clock_.now();
  const std::int64_t no_hold = to_micros(now + kHold * kNoneIsSoLong);
  const std::int64_t no_pause = to_micros(now + options_.longest_pause * kNoneIsSoLong);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  auto found = WD_TRY(read_row(*db,
                               std::string(kSelect) + "WHERE " + std::string(kIsFree) + " AND " + std::string(kIsDue) +
                                   " AND channel = ?4 ORDER BY due, id LIMIT 1",
                               {to_micros(now), no_hold, no_pause, channel.text()}, read_notice));
  if (!found) return std::optional<StoredNotice>();
  // Only who finds it free gets it, however many look at once.
  const auto taken =
      WD_TRY(db->execute("UPDATE notices SET holder = ?3, held_until = ?4 WHERE id = ?5 AND " + std::string(kIsFree),
                         {to_micros(now), no_hold, std::string(holder), to_micros(now + kHold), found->id.text()}));
  WD_TRY(tx.commit());
  if (taken == 0) return std::optional<StoredNotice>();
  return found;
}

Result<void> NoticeOutbox::mark_sent(const TenantScope& scope, const NoticeId& id, std::string_view holder) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(
      db->execute("UPDATE notices SET state = 1, tries = tries + 1, sent = ?3, error = '', holder = '', "
                  "held_until = 0 WHERE id = ?1 AND holder = ?2",
                  {id.text(), std::string(holder), to_micros(clock_.now())}));
  return {};
}

Result<NoticeState> NoticeOutbox::mark_failed(const TenantScope& scope, const StoredNotice& notice,
                                              std::string_view holder, std::string_view error, bool is_for_good) {
  const std::int64_t tries = notice.tries + 1;
  const auto state = is_for_good || tries >= options_.max_tries ? NoticeState::Failed : NoticeState::Waiting;
  std::chrono::seconds pause = options_.first_pause;
  for (std::int64_t i = 1; i < tries && pause < options_.longest_pause; ++i) pause *= 2;
  const Timestamp due = clock_.now() + std::min(pause, options_.longest_pause);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute(
      "UPDATE notices SET state = ?3, tries = ?4, due = ?5, error = ?6, holder = '', held_until = 0 WHERE id = ?1 AND "
      "holder = ?2",
      {notice.id.text(), std::string(holder), static_cast<std::int64_t>(state), tries, to_micros(due),
       std::string(cut_utf8(without_secrets(error), kMaxErrorBytes))}));
  return state;
}

Result<std::int64_t> NoticeOutbox::waiting(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return *WD_TRY(read_row(*db, kCountWaiting, {}, read_count));
}

Result<void> NoticeOutbox::prune(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(
      db->execute("DELETE FROM notices WHERE state <> 0 AND created < ?1", {to_micros(clock_.now() - options_.kept)}));
  return {};
}

FeatureSchema notices_schema() {
  using enum PersonalData;
  return {.feature = "notices",
          .migrations = {{1,
                          "create notices",
                          {"CREATE TABLE notices (id TEXT NOT NULL, channel TEXT NOT NULL, people TEXT NOT NULL, "
                           "about TEXT NOT NULL, notice TEXT NOT NULL, created BIGINT NOT NULL, state BIGINT NOT NULL, "
                           "tries BIGINT NOT NULL, due BIGINT NOT NULL, holder TEXT NOT NULL, "
                           "held_until BIGINT NOT NULL, error TEXT NOT NULL, sent BIGINT, PRIMARY KEY (id))",
                           "CREATE INDEX notices_by_due ON notices (state, due)",
                           "CREATE INDEX notices_by_about ON notices (about)"}}},
          .fields = {{"notices", "id", None},
                     {"notices", "channel", None},
                     {"notices", "people", Identifier},
                     {"notices", "about", None},
                     {"notices", "notice", Content},
                     {"notices", "created", None},
                     {"notices", "state", None},
                     {"notices", "tries", None},
                     {"notices", "due", None},
                     {"notices", "holder", None},
                     {"notices", "held_until", None},
                     {"notices", "error", None},
                     {"notices", "sent", None}}};
}

}  // namespace warder::manager
