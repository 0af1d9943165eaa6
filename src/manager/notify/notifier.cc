#include "manager/notify/notifier.h"

#include <algorithm>

#include "base/secret_filter.h"
#include "base/text.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

/// Whether another try cannot help.
bool is_for_good(const Error& error) noexcept {
  return error.code == ErrorCode::Invalid || error.code == ErrorCode::NotFound || error.code == ErrorCode::Corrupt;
}

Notice trial_notice() {
  Notice notice;
  notice.type = "notice.trial";
  notice.about = "trial";
  notice.texts["en"] = {"Warder tries out this channel",
                        "This is a test. Whoever reads it gets the notices of this channel.\n"};
  notice.texts["ja"] = {"Warder: 通知先の試験送信",
                        "これは試験です。この通知先に送られる通知は、このように届きます。\n"};
  return notice;
}

}  // namespace

Notifier::Notifier(NotifierParts parts, NotifierOptions options)
    : parts_(std::move(parts)), options_(std::move(options)), holder_(to_hex(random_bytes(16))) {}

Notifier::~Notifier() {
  supervisor_.request_stop();
  if (supervisor_.joinable()) supervisor_.join();
  for (Run& run : runs_) run.thread.request_stop();
  runs_.clear();  // waits for them
}

void Notifier::start() {
  supervisor_ = std::jthread([this](const std::stop_token& stop) { supervise(stop); });
}

void Notifier::wake() {
  const std::scoped_lock lock(mutex_);
  is_woken_ = true;
  woken_.notify_all();
}

void Notifier::supervise(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    options_.runs.run([this] { look(); });
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, options_.look, [this] { return is_woken_; });
    is_woken_ = false;
  }
}

void Notifier::look() {
  std::set<Key> ended;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(ended_);
  }
  std::erase_if(runs_, [&ended](const Run& run) { return ended.contains(run.key); });
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (!parts_.tenants.check_served(tenant.id)) continue;
    const auto scope = parts_.scopes.make(tenant.id, "job:notifier");
    const auto due =
        scope ? parts_.outbox.due_channels(*scope) : Result<std::vector<NoticeChannelId>>(fail(scope.error()));
    if (!due) {
      parts_.log.warning("notices.unreadable", due.error().message, {{"tenant", tenant.name}});
      continue;
    }
    for (const NoticeChannelId& channel : *due) {
      const Key key{tenant.id, channel};
      const std::scoped_lock lock(mutex_);
      if (running_.size() >= options_.max_channels_at_once) return;
      if (ended_.contains(key) || !running_.insert(key).second) continue;  // its thread is taken away first
      runs_.push_back({key, std::jthread([this, key, tenant, scope = *scope](const std::stop_token& stop) {
                         serve(stop, scope, tenant, key.second);
                         const std::scoped_lock end(mutex_);
                         running_.erase(key);
                         ended_.insert(key);
                         is_woken_ = true;
                         woken_.notify_all();
                       })});
    }
  }
}

void Notifier::serve(const std::stop_token& stop, const TenantScope& scope, const Tenant& tenant,
                     const NoticeChannelId& channel) {
  const Labels labels{{"tenant", tenant.name}};
  while (!stop.stop_requested()) {
    const auto notice = parts_.outbox.take(scope, channel, holder_);
    if (!notice) return parts_.log.warning("notices.unreadable", notice.error().message, {{"tenant", tenant.name}});
    if (!*notice) return;
    const auto sent = send(stop, scope, tenant, **notice);
    if (!sent) {
      if (stop.stop_requested()) return;  // what is held is free again when the hold ends
      parts_.metrics.counter("warder_notice_errors", "Tries to send a notice that failed", labels).add();
      note_failure(scope, **notice, sent.error());
      continue;
    }
    parts_.metrics.counter("warder_notices_sent", "Notices that receivers have", labels).add();
    if (const auto marked = parts_.outbox.mark_sent(scope, (*notice)->id, holder_); !marked)
      return parts_.log.warning("notices.unwritable", marked.error().message, {{"tenant", tenant.name}});
  }
}

Result<OutgoingNotice> Notifier::outgoing(const TenantScope& scope, const Tenant& tenant, const StoredNotice& notice,
                                          const NoticeChannel& channel) const {
  OutgoingNotice out;
  out.id = notice.id;
  out.time = notice.created;
  out.notice = notice.notice;
  out.language = channel.language;
  if (!options_.console_url.empty() && !notice.notice.path.empty())
    out.link = options_.console_url + notice.notice.path;
  out.tenant = scope.tenant();
  out.tenant_name = tenant.name;
  if (channel.kind != "mail") return out;
  for (const UserId& each : notice.address.people) {
    const NoticePerson person = WD_TRY(parts_.find_person(scope, each));
    if (person.email.empty()) return fail(ErrorCode::Invalid, "user " + each.text() + " has no mail address");
    out.to.push_back(person.email);
    if (notice.address.people.size() == 1) out.language = person.language == "ja" ? "ja" : "en";
  }
  if (channel.language == "both") out.language = "both";
  return out;
}

Result<void> Notifier::send(const std::stop_token& stop, const TenantScope& scope, const Tenant& tenant,
                            const StoredNotice& notice) {
  const NoticeChannel channel = WD_TRY(parts_.channels.find(scope, notice.address.channel));
  const auto way = WD_TRY(parts_.channels.way(scope, channel.id));
  return way->send(WD_TRY(outgoing(scope, tenant, notice, channel)), stop);
}

void Notifier::note_failure(const TenantScope& scope, const StoredNotice& notice, const Error& error) {
  const auto state = parts_.outbox.mark_failed(scope, notice, holder_, error.message, is_for_good(error));
  if (!state) return parts_.log.warning("notices.unwritable", state.error().message);
  if (*state != NoticeState::Failed) return;
  parts_.log.warning("notice.failed", error.message, {{"notice", notice.id.text()}});
  Event event = make_own_event(parts_.clock.now(), "notice.failed", Severity::High);
  event.action = Action::Failed;
  event.set("error", std::string(cut_utf8(without_secrets(error.message), kMaxEventTextBytes)));
  event.set("notice.about", notice.notice.about);
  if (const auto stored = parts_.events.record(scope, std::move(event)); !stored)
    parts_.log.error("notice.event.lost", stored.error().message);
}

Result<void> Notifier::try_out(const TenantScope& scope, const NoticeChannel& channel) {
  const Tenant tenant = WD_TRY(parts_.tenants.find(scope.tenant()));
  StoredNotice notice;
  notice.created = parts_.clock.now();
  notice.id = make_id<NoticeId>(notice.created);
  notice.notice = trial_notice();
  const auto way = WD_TRY(parts_.channels.way(scope, channel.id, true));
  const std::stop_token never;
  return way->send(WD_TRY(outgoing(scope, tenant, notice, channel)), never);
}

void Notifier::prune() {
  for (const Tenant& tenant : parts_.tenants.list()) {
    const auto scope = parts_.scopes.make(tenant.id, "job:notifier");
    if (!scope) continue;
    if (const auto pruned = parts_.outbox.prune(*scope); !pruned)
      parts_.log.warning("notices.prune-failed", pruned.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
