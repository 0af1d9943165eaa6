#include "manager/stream/independent_stream.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/rest.h"
#include "base/text.h"
#include "manager/events/own_event.h"
#include "manager/stream/stream_source.h"

namespace warder::manager {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using stream::RecordKind;

constexpr std::size_t kBatch = 500;
constexpr std::size_t kMaxPostBytes = 1 << 20;
constexpr seconds kLook{2};  // at the settings' file
constexpr milliseconds kIdle{500};
constexpr milliseconds kSenderIdle{100};
constexpr seconds kLongestPause{30};
constexpr seconds kTell{60};  // a receiver that fails for this long is an event
constexpr seconds kFarewell{5};
constexpr std::string_view kActor = "job:stream";

std::string digest_of(const std::filesystem::path& file) {
  const auto text = read_file(file);
  return text ? to_hex(crypto::sha256(as_bytes(*text))) : std::string("gone");
}

std::string text_of(StreamSettings settings) {
  return canonical_json(to_json(bind_fields(settings)));
}

std::string because(std::string_view reason) {
  return json::serialize(json::object{{"reason", reason}, {"version", WARDER_VERSION}});
}

void tell_first_tenant(const StreamParts& parts, const std::string& stream, std::string_view type, Severity severity,
                       std::string_view action, std::string_view reason) {
  const auto first = parts.tenants.find_by_name(kFirstTenant);
  const auto scope =
      first ? parts.scopes.make(first->id, std::string(kActor)) : Result<TenantScope>(fail(first.error()));
  if (!scope) return parts.log.error("stream.event.lost", scope.error().message);
  Event event = make_own_event(parts.clock.now(), type, severity);
  event.action = severity == Severity::Info ? Action::Logged : Action::Failed;
  event.set("sink.name", stream);
  if (!reason.empty()) event.set("error", std::string(cut_utf8(reason, kMaxEventTextBytes)));
  if (const auto stored = parts.events.record(*scope, std::move(event)); !stored)
    parts.log.error("stream.event.lost", stored.error().message);
  if (action.empty()) return;
  const auto entry =
      parts.audit.append(*scope, action, "stream:" + stream, AuditOutcome::Success, {{"reason", reason}});
  if (!entry) parts.log.error("stream.audit.lost", entry.error().message);
}

}  // namespace

IndependentStream::IndependentStream(const StreamParts& parts, const StreamPlaces& places, StreamSettings settings,
                                     stream::StreamKey key, std::unique_ptr<StreamSpool> spool,
                                     std::unique_ptr<StreamTransport> transport)
    : parts_(parts),
      places_(places),
      settings_(std::move(settings)),
      receiver_(stream::parse_receiver_key(settings_.receiver_key).value()),  // checked when it was loaded
      key_(std::move(key)),
      spool_(std::move(spool)),
      transport_(std::move(transport)),
      settings_digest_(digest_of(places.settings)) {}

Result<std::unique_ptr<IndependentStream>> IndependentStream::create(const StreamParts& parts,
                                                                     const StreamPlaces& places,
                                                                     std::unique_ptr<StreamTransport> transport) {
  StreamSettings settings = WD_TRY(load_stream_settings(places.settings));
  stream::StreamKey key = WD_TRY(open_stream_key(settings).in("key_file"));
  if (!transport) transport = WD_TRY(make_stream_transport(settings).in(places.settings.string()));
  std::error_code error;
  std::filesystem::create_directories(places.directory, error);
  if (!error) std::filesystem::permissions(places.directory, std::filesystem::perms::owner_all, error);
  if (error) return fail_errno(places.directory.string(), error.value());
  auto spool = WD_TRY(StreamSpool::open(places.directory / "spool.db").in("the stream's spool"));
  auto made = std::unique_ptr<IndependentStream>(new IndependentStream(
      parts, places, std::move(settings), std::move(key), std::move(spool), std::move(transport)));
  WD_TRY(made->begin().in("the independent stream"));
  return made;
}

IndependentStream::~IndependentStream() = default;

Timestamp IndependentStream::next_heartbeat(Timestamp now) const {
  const std::int64_t step = settings_.heartbeat_s * 1'000'000;
  return from_micros((to_micros(now) / step + 1) * step);
}

Result<stream::BatchWriter> IndependentStream::new_batch() const {
  return stream::BatchWriter::create(key_, receiver_, state_.chain);
}

void IndependentStream::add(stream::BatchWriter& batch, RecordKind kind, std::string_view body) const {
  const Timestamp now = parts_.clock.now();
  batch.add(kind, now, next_heartbeat(now), body);
}

Result<void> IndependentStream::write(stream::BatchWriter batch, const TenantPlaces& changed) {
  SpoolState state = state_;
  state.chain = batch.place();
  WD_TRY(spool_->write(std::move(batch).finish(), state, changed));
  state_ = state;
  for (const auto& [tenant, place] : changed) read_[tenant] = place;
  return {};
}

// The first record of this run: that it is one, and what was before.
Result<void> IndependentStream::begin() {
  state_ = WD_TRY(spool_->state());
  read_ = WD_TRY(spool_->places());
  const bool is_new = state_.chain.number == 0;
  const bool was_killed = state_.is_running;
  const std::string settings = text_of(settings_);
  const std::string before = std::exchange(state_.settings, settings);
  if (is_new) state_.began = parts_.clock.now();
  state_.is_running = true;
  stream::BatchWriter batch = WD_TRY(new_batch());
  const std::string_view why = is_new ? "the first start" : was_killed ? "after an end without a stop" : "after a stop";
  add(batch, RecordKind::Started, because(why));
  if (!is_new && before != settings)
    add(batch, RecordKind::Changed, json::serialize(json::object{{"before", before}, {"now", settings}}));
  WD_TRY(write(std::move(batch), {}));
  WD_TRY(register_tenants());
  heartbeat_due_ = next_heartbeat(parts_.clock.now());
  tell("stream.started", was_killed ? Severity::High : Severity::Info, "stream.start", why);
  if (!is_new && before != settings)
    tell("stream.changed", Severity::High, "stream.change", "the settings are not those of the last start");
  return {};
}

// A tenant that was there before the stream is told from now on, a new one from its first event.
Result<void> IndependentStream::register_tenants() {
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (read_.contains(tenant.id)) continue;
    const TenantScope scope = WD_TRY(parts_.scopes.make(tenant.id, std::string(kActor)));
    TenantPlace place;
    for (const StreamReader& reader : WD_TRY(parts_.readers.list(scope)))
      if (reader.stream == settings_.name && reader.host == places_.host) place.read = reader.place;
    if (place.read.numbers.empty() && tenant.created < state_.began)
      place.read = WD_TRY(parts_.events.outbox_end(scope));
    WD_TRY(parts_.readers.set(scope, {settings_.name, places_.host, place.read}));
    WD_TRY(write(WD_TRY(new_batch()), {{tenant.id, place}}));
  }
  return {};
}

Result<void> IndependentStream::add_events(stream::BatchWriter& batch, TenantPlaces& changed) {
  for (const Tenant& tenant : parts_.tenants.list()) {
    const auto known = read_.find(tenant.id);
    if (known == read_.end() || batch.size() >= kBatch) continue;
    const TenantScope scope = WD_TRY(parts_.scopes.make(tenant.id, std::string(kActor)));
    SourceRead read = WD_TRY(
        read_stream_source(parts_.events, parts_.messages, {scope, tenant.name}, known->second, kBatch - batch.size()));
    for (const SourceItem& item : read.items) add(batch, item.kind, item.body);
    if (read.place != known->second) changed[tenant.id] = std::move(read.place);
  }
  return {};
}

void IndependentStream::look_at_settings(stream::BatchWriter& batch) {
  const Timestamp now = parts_.clock.now();
  if (now < looked_ + kLook) return;
  looked_ = now;
  std::string digest = digest_of(places_.settings);
  if (digest == settings_digest_) return;
  const bool is_gone = digest == "gone";
  settings_digest_ = std::move(digest);
  const std::string_view why =
      is_gone ? "the settings' file is gone" : "the settings' file was changed; it holds from the next start on";
  add(batch, RecordKind::Changed, because(why));
  tell("stream.changed", Severity::High, "stream.change", why);
}

Result<std::size_t> IndependentStream::work() {
  WD_TRY(register_tenants());
  stream::BatchWriter batch = WD_TRY(new_batch());
  look_at_settings(batch);
  TenantPlaces changed;
  if (spool_->size().bytes < settings_.spool_max_bytes) WD_TRY(add_events(batch, changed));
  const Timestamp now = parts_.clock.now();
  const bool is_due = now >= heartbeat_due_;
  if (is_due)
    add(batch, RecordKind::Heartbeat,
        json::serialize(json::object{{"version", WARDER_VERSION}, {"waiting", spool_->size().records}}));
  const std::size_t made = batch.size();
  if (made == 0 && changed.empty()) return 0;
  WD_TRY(write(std::move(batch), changed));
  if (is_due) heartbeat_due_ = next_heartbeat(now);
  for (const auto& [tenant, place] : changed) {
    const TenantScope scope = WD_TRY(parts_.scopes.make(tenant, std::string(kActor)));
    WD_TRY(parts_.readers.set(scope, {settings_.name, places_.host, place.read}));
  }
  return made;
}

Result<std::size_t> IndependentStream::send(const std::stop_token& stop) {
  const auto lines = WD_TRY(spool_->front(kBatch, kMaxPostBytes));
  if (lines.empty()) return 0;
  WD_TRY(transport_->send(lines, stop));
  WD_TRY(spool_->forget(lines.back().number));
  return lines.size();
}

void IndependentStream::tell(std::string_view type, Severity severity, std::string_view action,
                             std::string_view reason) {
  tell_first_tenant(parts_, settings_.name, type, severity, action, reason);
}

void IndependentStream::run(const std::stop_token& stop) {
  Gauge& waiting = parts_.metrics.gauge("warder_stream_waiting", "Records of the independent stream that wait");
  std::uint64_t seen = 0;
  while (!stop.stop_requested()) {
    std::optional<std::size_t> made;
    parts_.runs.run([&] {
      const auto worked = work();
      waiting.set(spool_->size().records);
      if (worked) made = *worked;
      if (!worked) parts_.log.warning("stream.unwritten", worked.error().message);
    });
    if (!made) {
      rest(stop, kIdle);
    } else if (*made < kBatch) {
      seen = parts_.feed.wait(seen, kIdle);
    }
  }
}

void IndependentStream::run_sender(const std::stop_token& stop) {
  Counter& sent = parts_.metrics.counter("warder_stream_records", "Records of the independent stream that arrived");
  Counter& errors = parts_.metrics.counter("warder_stream_errors", "Tries to reach its receiver that failed");
  milliseconds wait = seconds(1);
  std::optional<steady_clock::time_point> failing;
  bool is_told = false;
  while (!stop.stop_requested()) {
    const auto taken = send(stop);
    if (taken) {
      sent.add(*taken);
      if (*taken == 0) rest(stop, kSenderIdle);
      if (is_told && *taken > 0) tell("stream.recovered", Severity::Info, "", "");
      if (*taken > 0) {
        is_told = false;
        failing.reset();
        wait = seconds(1);
      }
      continue;
    }
    if (stop.stop_requested()) return;
    errors.add();
    const auto now = steady_clock::now();
    if (!failing) failing = now;
    if (!is_told && now - *failing >= kTell) {
      is_told = true;
      parts_.log.warning("stream.failed", taken.error().message);
      tell("stream.failed", Severity::High, "", taken.error().message);
    }
    rest(stop, wait);
    wait = std::min<milliseconds>(wait * 2, kLongestPause);
  }
}

void IndependentStream::start() {
  worker_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  sender_ = std::jthread([this](const std::stop_token& stop) { run_sender(stop); });
}

void IndependentStream::stop() {
  worker_ = {};
  tell("stream.stopped", Severity::High, "stream.stop", "the manager ends");
  const auto end = steady_clock::now() + kFarewell;
  // What is still to be told, the event above among it; then that this is all.
  for (auto made = work(); made && *made >= kBatch && steady_clock::now() < end; made = work()) {
  }
  if (auto batch = new_batch()) {
    add(*batch, RecordKind::Stopped, because("the manager ends"));
    state_.is_running = false;
    if (const auto written = write(std::move(*batch), {}); !written)
      parts_.log.error("stream.unwritten", written.error().message);
  }
  while (spool_->size().records > 0 && steady_clock::now() < end) rest({}, kSenderIdle);
  sender_ = {};
}

void tell_missing_streams(const StreamParts& parts, const std::string& host) {
  std::set<std::string> missing;
  for (const Tenant& tenant : parts.tenants.list()) {
    const auto scope = parts.scopes.make(tenant.id, std::string(kActor));
    const auto readers = scope ? parts.readers.list(*scope) : Result<std::vector<StreamReader>>(fail(scope.error()));
    if (!readers) continue;
    for (const StreamReader& reader : *readers) {
      if (reader.host != host) continue;
      missing.insert(reader.stream);
      [[maybe_unused]] const auto removed = parts.readers.remove(*scope, reader);
    }
  }
  for (const std::string& stream : missing)
    tell_first_tenant(parts, stream, "stream.stopped", Severity::Critical, "stream.remove",
                      "this manager has no settings for it any more");
}

}  // namespace warder::manager
