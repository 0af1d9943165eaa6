#include "manager/api/event_streams.h"

#include <algorithm>
#include <atomic>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMostExports = 4;
constexpr std::chrono::milliseconds kExportPause{20};
constexpr std::chrono::seconds kExportPatience{60};

}  // namespace

std::string tail_id(const StoredEvent& stored) {
  return std::to_string(to_micros(stored.received)) + "-" + stored.event.id.text();
}

Result<TailPosition> parse_tail_id(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto received = parse_integer<std::int64_t>(text.substr(0, dash));
  if (dash == std::string_view::npos || !received || *received < 0)
    return fail(ErrorCode::Invalid, "Last-Event-ID: not an id of this stream");
  return TailPosition{from_micros(*received), WD_TRY(parse_id<EventId>(text.substr(dash + 1)).in("Last-Event-ID"))};
}

struct EventTails::Tail {
  std::shared_ptr<ResponseStream> stream;
  std::shared_ptr<EventFollower> follower;
  std::string locale;
  std::set<EventId> already_sent;  // from the store; the feed may bring them again
  std::uint64_t dropped = 0;       // not told yet
  std::chrono::steady_clock::time_point began;
  std::chrono::steady_clock::time_point spoke;
};

EventTails::EventTails(EventFeed& feed, const Messages& messages, TailOptions options)
    : feed_(feed),
      messages_(messages),
      options_(options),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventTails::~EventTails() {
  thread_.request_stop();
  feed_.stop();
}

void EventTails::add(std::shared_ptr<ResponseStream> stream, std::shared_ptr<EventFollower> follower,
                     std::string locale, const std::vector<StoredEvent>& missed) {
  const auto now = std::chrono::steady_clock::now();
  auto tail = std::make_unique<Tail>(Tail{std::move(stream), std::move(follower), std::move(locale), {}, 0, now, now});
  // Tells the client at once that it is connected.
  tail->stream->write("retry: 2000\n\n");
  for (const StoredEvent& stored : missed) {
    if (!send(*tail, stored)) ++tail->dropped;
    tail->already_sent.insert(stored.event.id);
  }
  const std::scoped_lock lock{mutex_};
  tails_.push_back(std::move(tail));
}

bool EventTails::send(Tail& tail, const StoredEvent& stored) const {
  const json::object object = to_api_json(stored, messages_, tail.locale);
  return tail.stream->write("id: " + tail_id(stored) + "\nevent: event\ndata: " + json::serialize(object) + "\n\n");
}

void EventTails::serve(Tail& tail, std::chrono::steady_clock::time_point now) {
  const EventFollower::Batch batch = tail.follower->take();
  tail.dropped += batch.dropped;
  for (const SharedEvent& event : batch.events) {
    if (tail.already_sent.contains(event->event.id)) continue;
    if (!send(tail, *event)) ++tail.dropped;
  }
  if (!batch.events.empty()) tail.spoke = now;
  if (tail.dropped > 0 &&
      tail.stream->write("event: dropped\ndata: {\"count\":" + std::to_string(tail.dropped) + "}\n\n"))
    tail.dropped = 0;
  if (now - tail.spoke >= options_.heartbeat) {
    tail.stream->write(": still here\n\n");
    tail.spoke = now;
  }
  if (now - tail.began >= options_.longest) tail.stream->close();
}

void EventTails::run(const std::stop_token& stop) {
  std::uint64_t seen = 0;
  while (!stop.stop_requested()) {
    // A tail that is added while this waits is served within the same time as a heartbeat may be late.
    seen = feed_.wait(seen, std::min(options_.heartbeat, std::chrono::milliseconds{1'000}));
    const auto now = std::chrono::steady_clock::now();
    const std::scoped_lock lock{mutex_};
    for (const auto& tail : tails_) serve(*tail, now);
    std::erase_if(tails_, [](const auto& tail) { return !tail->stream->is_open(); });
  }
  const std::scoped_lock lock{mutex_};
  for (const auto& tail : tails_) tail->stream->close();
}

ExportThreads::~ExportThreads() {
  const std::scoped_lock lock{mutex_};
  for (Running& running : running_) running.thread.request_stop();
  running_.clear();
}

bool ExportThreads::start(std::function<void(const std::stop_token&)> work) {
  const std::scoped_lock lock{mutex_};
  running_.remove_if([](const Running& running) { return running.is_done->load(); });
  if (running_.size() >= kMostExports) return false;
  auto is_done = std::make_shared<std::atomic<bool>>(false);
  running_.push_back({is_done, std::jthread{[is_done, work = std::move(work)](const std::stop_token& stop) {
                        work(stop);
                        is_done->store(true);
                      }}});
  return true;
}

bool write_patiently(ResponseStream& stream, std::string_view bytes, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + kExportPatience;
  while (!stream.write(bytes)) {
    if (!stream.is_open() || stop.stop_requested() || std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kExportPause);
  }
  return true;
}

}  // namespace warder::manager
