#include "manager/notify/channels.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxChannelSecretBytes = 16'384;
constexpr std::string_view kSelect =
    "SELECT id, name, kind, enabled, language, settings, created, version FROM notice_channels ";

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

NoticeChannel from_draft(const NoticeChannelDraft& draft) {
  NoticeChannel channel;
  channel.name = draft.name;
  channel.kind = draft.kind;
  channel.is_enabled = draft.is_enabled;
  channel.language = draft.language;
  channel.settings = draft.settings;
  return channel;
}

Result<void> check_name_free(Db& db, const std::string& name, const std::string& own_id) {
  const auto read = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  const auto taken =
      WD_TRY(read_row(db, "SELECT 1 FROM notice_channels WHERE name = ?1 AND id <> ?2", {name, own_id}, read));
  if (taken) return fail(ErrorCode::Conflict, "/name: there is a channel of this name");
  return {};
}

}  // namespace

struct NoticeChannels::Stored {
  NoticeChannel channel;
  std::string secret;
};

Result<NoticeChannels::Stored> NoticeChannels::read(const TenantScope& scope, const Row& row) const {
  Stored stored;
  NoticeChannel& channel = stored.channel;
  channel.id = WD_TRY(parse_id<NoticeChannelId>(row.text(0)));
  channel.name = row.text(1);
  channel.kind = row.text(2);
  channel.is_enabled = row.integer(3) != 0;
  channel.language = row.text(4);
  const std::string key = channel.id.text();
  const std::string text = WD_TRY(tenants_.open_text(scope, {"notice_channels", key, "settings"}, row.bytes(5)));
  const json::value value = WD_TRY(parse_json(text).in("channel " + channel.name));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "channel " + channel.name + ": settings");
  channel.settings = *WD_TRY(get_object(value.get_object(), "settings"));
  stored.secret = WD_TRY(get_string(value.get_object(), "secret"));
  channel.has_secret = !stored.secret.empty();
  channel.created = from_micros(row.integer(6));
  channel.version = row.integer(7);
  return stored;
}

Result<NoticeChannels::Stored> NoticeChannels::find_in(Db& db, const TenantScope& scope,
                                                       const NoticeChannelId& id) const {
  auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1", {id.text()},
                               [&](const Row& row) { return read(scope, row); }));
  if (!found) return fail(ErrorCode::NotFound, "no such channel");
  return std::move(*found);
}

WayOptions NoticeChannels::options_of(const TenantScope& scope, json::object settings, std::string secret) const {
  WayOptions options;
  options.settings = std::move(settings);
  options.secret = std::move(secret);
  options.is_plain_mail_allowed = rules_.is_plain_mail_allowed;
  options.version = rules_.version;
  if (rules_.reach_of) options.may_reach = rules_.reach_of(scope);
  return options;
}

Result<void> NoticeChannels::check(const TenantScope& scope, const NoticeChannelDraft& draft,
                                   const std::string& secret) const {
  static constexpr std::array<std::string_view, 3> kLanguages{"en", "ja", "both"};
  if (draft.name.empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  if (std::ranges::find(kLanguages, draft.language) == kLanguages.end())
    return fail(ErrorCode::Invalid, "/language: is none of en, ja, both");
  if (secret.size() > kMaxChannelSecretBytes) return fail(ErrorCode::TooLarge, "/secret: is too long");
  return check_channel(draft.kind, options_of(scope, draft.settings, secret));
}

Bytes NoticeChannels::seal(const TenantScope& scope, const NoticeChannelId& id, const json::object& settings,
                           const std::string& secret) const {
  const std::string key = id.text();
  return tenants_.seal_text(scope, {"notice_channels", key, "settings"},
                            json::serialize(json::object{{"settings", settings}, {"secret", secret}}));
}

Result<std::vector<NoticeChannel>> NoticeChannels::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kSelect) + "ORDER BY name", {},
                   [&](const Row& row) -> Result<NoticeChannel> { return WD_TRY(read(scope, row)).channel; });
}

Result<NoticeChannel> NoticeChannels::find(const TenantScope& scope, const NoticeChannelId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return WD_TRY(find_in(*db, scope, id)).channel;
}

Result<NoticeChannel> NoticeChannels::create(const TenantScope& scope, const NoticeChannelDraft& draft) {
  const std::string secret = draft.secret.value_or("");
  WD_TRY(check(scope, draft, secret));
  NoticeChannel made = from_draft(draft);
  made.created = clock_.now();
  made.id = make_id<NoticeChannelId>(made.created);
  made.has_secret = !secret.empty();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_name_free(*db, made.name, made.id.text()));
  const auto all = WD_TRY(read_rows(*db, "SELECT id FROM notice_channels", {},
                                    [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (all.size() >= kMaxNoticeChannels) return fail(ErrorCode::Conflict, "there are too many channels");
  WD_TRY(
      db->execute("INSERT INTO notice_channels (id, name, kind, enabled, language, settings, created, version) VALUES "
                  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)",
                  {made.id.text(), made.name, made.kind, std::int64_t{made.is_enabled}, made.language,
                   seal(scope, made.id, made.settings, secret), to_micros(made.created)}));
  WD_TRY(record(*db, scope, "notice-channel.create", made));
  WD_TRY(tx.commit());
  return made;
}

Result<NoticeChannel> NoticeChannels::update(const TenantScope& scope, const NoticeChannelId& id, std::string_view etag,
                                             const NoticeChannelDraft& draft) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Stored before = WD_TRY(find_in(*db, scope, id));
  WD_TRY(check_etag(etag, etag_text(before.channel.version)));
  if (draft.kind != before.channel.kind) return fail(ErrorCode::Invalid, "/kind: stays as it is; make another channel");
  const std::string secret = draft.secret.value_or(before.secret);
  WD_TRY(check(scope, draft, secret));
  WD_TRY(check_name_free(*db, draft.name, id.text()));
  NoticeChannel changed = from_draft(draft);
  changed.id = id;
  changed.created = before.channel.created;
  changed.version = before.channel.version + 1;
  changed.has_secret = !secret.empty();
  WD_TRY(
      db->execute("UPDATE notice_channels SET name = ?2, enabled = ?3, language = ?4, settings = ?5, version = ?6 "
                  "WHERE id = ?1",
                  {id.text(), changed.name, std::int64_t{changed.is_enabled}, changed.language,
                   seal(scope, id, changed.settings, secret), changed.version}));
  WD_TRY(record(*db, scope, "notice-channel.update", changed));
  WD_TRY(tx.commit());
  return changed;
}

Result<void> NoticeChannels::remove(const TenantScope& scope, const NoticeChannelId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const NoticeChannel before = WD_TRY(find_in(*db, scope, id)).channel;
  WD_TRY(check_etag(etag, etag_text(before.version)));
  WD_TRY(db->execute("DELETE FROM notice_channels WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "notice-channel.delete", before));
  return tx.commit();
}

Result<std::unique_ptr<NoticeWay>> NoticeChannels::way(const TenantScope& scope, const NoticeChannelId& id,
                                                       bool even_disabled) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Stored stored = WD_TRY(find_in(*db, scope, id));
  if (!stored.channel.is_enabled && !even_disabled) return fail(ErrorCode::Conflict, "the channel is disabled");
  return make_way(stored.channel.kind, options_of(scope, stored.channel.settings, std::move(stored.secret)));
}

Result<void> NoticeChannels::record(Db& db, const TenantScope& scope, std::string_view action,
                                    const NoticeChannel& channel) {
  AuditRecord record;
  record.action = action;
  record.object = "notice-channel:" + channel.id.text();
  record.detail = {
      {"name", json::string(channel.name)}, {"kind", json::string(channel.kind)}, {"enabled", channel.is_enabled}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

Result<NoticeChannel> first_mail_channel(NoticeChannels& channels, const TenantScope& scope) {
  for (NoticeChannel& each : WD_TRY(channels.list(scope)))
    if (each.kind == "mail" && each.is_enabled) return std::move(each);
  return fail(ErrorCode::NotFound, "there is no channel for mail");
}

FeatureSchema notice_channels_schema() {
  using enum PersonalData;
  return {.feature = "notice_channels",
          .migrations = {{1,
                          "create notice_channels",
                          {"CREATE TABLE notice_channels (id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, "
                           "enabled BIGINT NOT NULL, language TEXT NOT NULL, settings BLOB NOT NULL, "
                           "created BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id))"}}},
          .fields = {{"notice_channels", "id", None},
                     {"notice_channels", "name", None},
                     {"notice_channels", "kind", None},
                     {"notice_channels", "enabled", None},
                     {"notice_channels", "language", None},
                     {"notice_channels", "settings", Secret, "id"},
                     {"notice_channels", "created", None},
                     {"notice_channels", "version", None}}};
}

}  // namespace warder::manager
