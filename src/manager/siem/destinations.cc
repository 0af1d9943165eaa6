#include "manager/siem/destinations.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kRemember{5};
/// A hold that seems to last so many times longer is of a clock that was set back since.
constexpr int kNoHoldIsSoLong = 10;

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

constexpr std::string_view kSelect =
    "SELECT d.id, d.name, d.kind, d.enabled, d.filter, d.floor, d.format, d.names, d.language, d.settings, "
    "CASE WHEN s.destination IS NULL THEN 0 ELSE 1 END, d.created, d.version FROM destinations d "
    "LEFT JOIN destination_secrets s ON s.destination = d.id ";

Result<Destination> read_destination(const Row& row) {
  Destination destination;
  destination.id = WD_TRY(parse_id<DestinationId>(row.text(0)));
  destination.name = row.text(1);
  destination.kind = row.text(2);
  destination.is_enabled = row.integer(3) != 0;
  destination.filter = row.text(4);
  destination.floor = static_cast<Severity>(row.integer(5));
  destination.format = row.text(6);
  destination.names = row.text(7);
  destination.language = row.text(8);
  const json::value settings = WD_TRY(parse_json(row.text(9)).in("destination " + destination.name));
  if (!settings.is_object()) return fail(ErrorCode::Corrupt, "destination " + destination.name + ": settings");
  destination.settings = settings.get_object();
  destination.has_secret = row.integer(10) != 0;
  destination.created = from_micros(row.integer(11));
  destination.version = row.integer(12);
  return destination;
}

Result<Destination> find_in(Db& db, const DestinationId& id) {
  const auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE d.id = ?1", {id.text()}, read_destination));
  if (!found) return fail(ErrorCode::NotFound, "no such destination");
  return *found;
}

Result<void> check_name_free(Db& db, const std::string& name, const std::string& own_id) {
  const auto read = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  const auto taken =
      WD_TRY(read_row(db, "SELECT 1 FROM destinations WHERE name = ?1 AND id <> ?2", {name, own_id}, read));
  if (taken) return fail(ErrorCode::Conflict, "/name: there is a destination of this name");
  return {};
}

/// Of everything but the secret, which only its kind understands.
Result<void> check_draft(const DestinationDraft& draft) {
  if (draft.name.empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  if (find_sink_kind(draft.kind) == nullptr) return fail(ErrorCode::Invalid, "/kind: there is no kind " + draft.kind);
  if (!draft.filter.empty()) WD_TRY(parse_filter(draft.filter).in("/filter"));
  WD_TRY(formats::parse_format(draft.format).in("/format"));
  if (draft.secret && draft.secret->size() > kMaxSecretBytes) return fail(ErrorCode::TooLarge, "/secret: is too long");
  return {};
}

Destination from_draft(const DestinationDraft& draft) {
  Destination destination;
  destination.name = draft.name;
  destination.kind = draft.kind;
  destination.is_enabled = draft.is_enabled;
  destination.filter = draft.filter;
  destination.floor = draft.floor;
  destination.format = draft.format;
  destination.names = draft.names;
  destination.language = draft.language;
  destination.settings = draft.settings;
  return destination;
}

Result<void> add_dead_letters(Db& db, const DestinationId& id, const std::vector<DeadLetter>& letters) {
  for (const DeadLetter& letter : letters) {
    WD_TRY(
        db.execute("INSERT INTO dead_letters (destination, event_id, event_time, noted, reason) VALUES (?1, ?2, ?3, "
                   "?4, ?5) ON CONFLICT (destination, event_id) DO NOTHING",
                   {id.text(), letter.event.text(), to_micros(letter.time), to_micros(letter.noted),
                    std::string(cut_utf8(letter.reason, 1000))}));
  }
  if (letters.empty()) return {};
  WD_TRY(
      db.execute("DELETE FROM dead_letters WHERE destination = ?1 AND noted < (SELECT MIN(noted) FROM (SELECT noted "
                 "FROM dead_letters WHERE destination = ?1 ORDER BY noted DESC LIMIT ?2) AS newest)",
                 {id.text(), static_cast<std::int64_t>(kMaxDeadLetters)}));
  return {};
}

constexpr std::string_view kLetters = "SELECT event_id, event_time, noted, reason, retry FROM dead_letters ";

auto letter_of(const DestinationId& id) {
  return [&id](const Row& row) -> Result<DeadLetter> {
    return DeadLetter{id,
                      WD_TRY(parse_id<EventId>(row.text(0))),
                      from_micros(row.integer(1)),
                      from_micros(row.integer(2)),
                      row.text(3),
                      row.integer(4) != 0};
  };
}

/// What has become of those that were sent again.
Result<void> settle_letters(Db& db, const DestinationId& id, const Progress& progress) {
  for (const EventId& event : progress.arrived)
    WD_TRY(db.execute("DELETE FROM dead_letters WHERE destination = ?1 AND event_id = ?2", {id.text(), event.text()}));
  for (const DeadLetter& letter : progress.returned)
    WD_TRY(db.execute(
        "UPDATE dead_letters SET retry = 0, noted = ?3, reason = ?4 WHERE destination = ?1 AND event_id = ?2",
        {id.text(), letter.event.text(), to_micros(letter.noted), std::string(cut_utf8(letter.reason, 1000))}));
  return {};
}

}  // namespace

Result<std::vector<Destination>> Destinations::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "ORDER BY d.name", {}, read_destination);
}

Result<Destination> Destinations::find(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<Destination> Destinations::create(const TenantScope& scope, const DestinationDraft& draft,
                                         const OutboxPlace& place) {
  WD_TRY(check_draft(draft));
  WD_TRY(find_sink_kind(draft.kind)->check(draft.settings, draft.secret.value_or("")));
  Destination made = from_draft(draft);
  made.created = clock_.now();
  made.id = make_id<DestinationId>(made.created);
  made.has_secret = draft.secret && !draft.secret->empty();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_name_free(*db, made.name, made.id.text()));
  const auto all = WD_TRY(read_rows(*db, kSelect, {}, read_destination));
  if (all.size() >= kMaxDestinations) return fail(ErrorCode::Conflict, "there are too many destinations");
  WD_TRY(
      db->execute("INSERT INTO destinations (id, name, kind, enabled, filter, floor, format, names, language, "
                  "settings, created, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1)",
                  {made.id.text(), made.name, made.kind, std::int64_t{made.is_enabled}, made.filter,
                   static_cast<std::int64_t>(made.floor), made.format, made.names, made.language,
                   json::serialize(made.settings), to_micros(made.created)}));
  WD_TRY(
      db->execute("INSERT INTO destination_places (destination, place, holder, held_until, delivered, refused, lost, "
                  "error) VALUES (?1, ?2, '', 0, 0, 0, 0, '')",
                  {made.id.text(), place.text()}));
  if (draft.secret) WD_TRY(put_secret(*db, scope, made.id, *draft.secret));
  WD_TRY(record(*db, scope, "destination.create", made));
  WD_TRY(tx.commit());
  forget(scope);
  return made;
}

Result<Destination> Destinations::update(const TenantScope& scope, const DestinationId& id, std::string_view etag,
                                         const DestinationDraft& draft) {
  WD_TRY(check_draft(draft));
  const std::string secret_now = WD_TRY(secret(scope, id));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Destination before = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, etag_text(before.version)));
  if (draft.kind != before.kind) return fail(ErrorCode::Invalid, "/kind: stays as it is; make another destination");
  WD_TRY(find_sink_kind(draft.kind)->check(draft.settings, draft.secret.value_or(secret_now)));
  WD_TRY(check_name_free(*db, draft.name, id.text()));
  Destination changed = from_draft(draft);
  changed.id = id;
  changed.created = before.created;
  changed.version = before.version + 1;
  changed.has_secret = draft.secret ? !draft.secret->empty() : before.has_secret;
  WD_TRY(
      db->execute("UPDATE destinations SET name = ?2, enabled = ?3, filter = ?4, floor = ?5, format = ?6, names = ?7, "
                  "language = ?8, settings = ?9, version = ?10 WHERE id = ?1",
                  {id.text(), changed.name, std::int64_t{changed.is_enabled}, changed.filter,
                   static_cast<std::int64_t>(changed.floor), changed.format, changed.names, changed.language,
                   json::serialize(changed.settings), changed.version}));
  if (draft.secret) WD_TRY(put_secret(*db, scope, id, *draft.secret));
  WD_TRY(record(*db, scope, "destination.update", changed));
  WD_TRY(tx.commit());
  forget(scope);
  return changed;
}

Result<void> Destinations::remove(const TenantScope& scope, const DestinationId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Destination before = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, etag_text(before.version)));
  for (const std::string_view statement :
       {"DELETE FROM dead_letters WHERE destination = ?1", "DELETE FROM destination_secrets WHERE destination = ?1",
        "DELETE FROM destination_places WHERE destination = ?1", "DELETE FROM destinations WHERE id = ?1"})
    WD_TRY(db->execute(statement, {id.text()}));
  WD_TRY(record(*db, scope, "destination.delete", before));
  WD_TRY(tx.commit());
  forget(scope);
  return {};
}

Result<DestinationState> Destinations::state(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<DestinationState> {
    DestinationState state;
    state.delivered = row.integer(0);
    state.refused = row.integer(1);
    state.lost = row.integer(2);
    state.last_delivery = optional_time_at(row, 3);
    state.error = row.text(4);
    state.failing_since = optional_time_at(row, 5);
    return state;
  };
  const auto found = WD_TRY(read_row(*db,
                                     "SELECT delivered, refused, lost, last_delivery, error, failing_since FROM "
                                     "destination_places WHERE destination = ?1",
                                     {id.text()}, read));
  if (!found) return fail(ErrorCode::NotFound, "no such destination");
  return *found;
}

Result<std::vector<DeadLetter>> Destinations::dead_letters(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_in(*db, id));
  return read_rows(*db, std::string(kLetters) + "WHERE destination = ?1 ORDER BY noted DESC, event_id LIMIT ?2",
                   {id.text(), static_cast<std::int64_t>(kMaxDeadLetters)}, letter_of(id));
}

Result<std::vector<DeadLetter>> Destinations::letters_to_send(const TenantScope& scope, const DestinationId& id,
                                                              std::size_t limit) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db, std::string(kLetters) + "WHERE destination = ?1 AND retry = 1 ORDER BY event_time, event_id LIMIT ?2",
      {id.text(), static_cast<std::int64_t>(limit)}, letter_of(id));
}

Result<std::int64_t> Destinations::retry_dead_letters(const TenantScope& scope, const DestinationId& id,
                                                      const std::vector<EventId>& events) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Destination destination = WD_TRY(find_in(*db, id));
  std::int64_t count = 0;
  for (const EventId& event : events) {
    const auto changed = WD_TRY(db->execute(
        "UPDATE dead_letters SET retry = 1 WHERE destination = ?1 AND event_id = ?2", {id.text(), event.text()}));
    if (changed == 0) return fail(ErrorCode::NotFound, "/event_ids: " + event.text() + " is no dead letter here");
    count += changed;
  }
  if (events.empty())
    count = WD_TRY(db->execute("UPDATE dead_letters SET retry = 1 WHERE destination = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "destination.retry-dead-letters", destination));
  WD_TRY(tx.commit());
  return count;
}

Result<void> Destinations::forget_dead_letters(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Destination destination = WD_TRY(find_in(*db, id));
  WD_TRY(db->execute("DELETE FROM dead_letters WHERE destination = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "destination.forget-dead-letters", destination));
  return tx.commit();
}

bool Destinations::has_any(const TenantScope& scope) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::scoped_lock lock(mutex_);
    const auto found = remembered_.find(scope.tenant());
    if (found != remembered_.end() && now - found->second.read < kRemember) return found->second.has_any;
  }
  const auto all = list(scope);
  // What is not known is kept: an outbox too many is pruned, an event too few is lost.
  const bool has_any = !all || std::ranges::any_of(*all, &Destination::is_enabled);
  const std::scoped_lock lock(mutex_);
  remembered_[scope.tenant()] = {has_any, now};
  return has_any;
}

void Destinations::forget(const TenantScope& scope) {
  const std::scoped_lock lock(mutex_);
  remembered_.erase(scope.tenant());
}

Result<bool> Destinations::hold(const TenantScope& scope, const DestinationId& id, std::string_view holder) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return WD_TRY(db->execute("UPDATE destination_places SET holder = ?2, held_until = ?3 WHERE destination = ?1 AND "
                            "(holder = ?2 OR held_until < ?4 OR held_until > ?5)",
                            {id.text(), std::string(holder), to_micros(now + kHold), to_micros(now),
                             to_micros(now + kHold * kNoHoldIsSoLong)})) > 0;
}

Result<void> Destinations::let_go(const TenantScope& scope, const DestinationId& id, std::string_view holder) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE destination_places SET holder = '', held_until = 0 WHERE destination = ?1 AND holder = ?2",
                     {id.text(), std::string(holder)}));
  return {};
}

Result<OutboxPlace> Destinations::place(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<OutboxPlace> { return OutboxPlace::parse(row.text(0)); };
  const auto found =
      WD_TRY(read_row(*db, "SELECT place FROM destination_places WHERE destination = ?1", {id.text()}, read));
  if (!found) return fail(ErrorCode::NotFound, "no such destination");
  return *found;
}

Result<void> Destinations::advance(const TenantScope& scope, const DestinationId& id, std::string_view holder,
                                   const Progress& progress) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto changed = WD_TRY(db->execute(
      "UPDATE destination_places SET place = ?3, delivered = delivered + ?4, refused = refused + ?5, lost = lost + ?6, "
      "last_delivery = ?7, error = '', failing_since = NULL, held_until = ?8 WHERE destination = ?1 AND holder = ?2",
      {id.text(), std::string(holder), progress.place.text(), progress.delivered,
       static_cast<std::int64_t>(progress.refused.size()), progress.lost, to_micros(now), to_micros(now + kHold)}));
  if (changed == 0) return fail(ErrorCode::Conflict, "another manager serves this destination");
  WD_TRY(add_dead_letters(*db, id, progress.refused));
  WD_TRY(settle_letters(*db, id, progress));
  return tx.commit();
}

Result<void> Destinations::note_error(const TenantScope& scope, const DestinationId& id, std::string_view error) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(
      db->execute("UPDATE destination_places SET error = ?2, failing_since = COALESCE(failing_since, ?3) "
                  "WHERE destination = ?1",
                  {id.text(), std::string(cut_utf8(error, 1000)), to_micros(clock_.now())}));
  return {};
}

Result<std::string> Destinations::secret(const TenantScope& scope, const DestinationId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<Bytes> { return row.bytes(0); };
  const auto box =
      WD_TRY(read_row(*db, "SELECT secret FROM destination_secrets WHERE destination = ?1", {id.text()}, read));
  if (!box) return std::string();
  const std::string row = id.text();
  return tenants_.open_text(scope, {"destination_secrets", row, "secret"}, *box);
}

Result<void> Destinations::put_secret(Db& db, const TenantScope& scope, const DestinationId& id,
                                      std::string_view secret) const {
  const std::string row = id.text();
  WD_TRY(db.execute("DELETE FROM destination_secrets WHERE destination = ?1", {row}));
  if (secret.empty()) return {};
  WD_TRY(db.execute("INSERT INTO destination_secrets (destination, secret) VALUES (?1, ?2)",
                    {row, tenants_.seal_text(scope, {"destination_secrets", row, "secret"}, secret)}));
  return {};
}

Result<void> Destinations::record(Db& db, const TenantScope& scope, std::string_view action,
                                  const Destination& destination) {
  AuditRecord record;
  record.action = action;
  record.object = "destination:" + destination.id.text();
  record.detail = {{"name", json::string(destination.name)},
                   {"kind", json::string(destination.kind)},
                   {"enabled", destination.is_enabled},
                   {"filter", json::string(destination.filter)}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

Result<std::optional<OutboxPlace>> Destinations::served_by_all(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<OutboxPlace> { return OutboxPlace::parse(row.text(0)); };
  const auto places = WD_TRY(read_rows(*db, "SELECT place FROM destination_places", {}, read));
  if (places.empty()) return std::optional<OutboxPlace>();
  OutboxPlace least = places.front();
  for (const OutboxPlace& each : places) least = earlier(std::move(least), each);
  return std::optional(std::move(least));
}

FeatureSchema destinations_schema() {
  using enum PersonalData;
  return {
      .feature = "destinations",
      .migrations =
          {{1,
            "create destinations",
            {"CREATE TABLE destinations (id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, enabled BIGINT NOT "
             "NULL, "
             "filter TEXT NOT NULL, floor BIGINT NOT NULL, format TEXT NOT NULL, names TEXT NOT NULL, "
             "language TEXT NOT NULL, settings TEXT NOT NULL, created BIGINT NOT NULL, version BIGINT NOT NULL, "
             "PRIMARY KEY (id))",
             "CREATE TABLE destination_secrets (destination TEXT NOT NULL, secret BLOB NOT NULL, "
             "PRIMARY KEY (destination))",
             "CREATE TABLE destination_places (destination TEXT NOT NULL, place TEXT NOT NULL, holder TEXT NOT NULL, "
             "held_until BIGINT NOT NULL, delivered BIGINT NOT NULL, refused BIGINT NOT NULL, lost BIGINT NOT NULL, "
             "last_delivery BIGINT, error TEXT NOT NULL, failing_since BIGINT, PRIMARY KEY (destination))",
             "CREATE TABLE dead_letters (destination TEXT NOT NULL, event_id TEXT NOT NULL, event_time BIGINT NOT "
             "NULL, "
             "noted BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (destination, event_id))"}},
           {2,
            "which dead letters are sent again",
            {"ALTER TABLE dead_letters ADD COLUMN retry BIGINT NOT NULL DEFAULT 0"}}},
      .fields = {{"destinations", "id", None},
                 {"destinations", "name", None},
                 {"destinations", "kind", None},
                 {"destinations", "enabled", None},
                 {"destinations", "filter", None},
                 {"destinations", "floor", None},
                 {"destinations", "format", None},
                 {"destinations", "names", None},
                 {"destinations", "language", None},
                 {"destinations", "settings", None},
                 {"destinations", "created", None},
                 {"destinations", "version", None},
                 {"destination_secrets", "destination", None},
                 {"destination_secrets", "secret", Secret, "destination"},
                 {"destination_places", "destination", None},
                 {"destination_places", "place", None},
                 {"destination_places", "holder", None},
                 {"destination_places", "held_until", None},
                 {"destination_places", "delivered", None},
                 {"destination_places", "refused", None},
                 {"destination_places", "lost", None},
                 {"destination_places", "last_delivery", None},
                 {"destination_places", "error", None},
                 {"destination_places", "failing_since", None},
                 {"dead_letters", "destination", None},
                 {"dead_letters", "event_id", None},
                 {"dead_letters", "event_time", None},
                 {"dead_letters", "noted", None},
                 {"dead_letters", "reason", None},
                 {"dead_letters", "retry", None}}};
}

}  // namespace warder::manager
