#include "engines/integrity/suspect_queue.h"

#include <algorithm>

namespace warder::integrity {

SuspectQueue::Waiting* SuspectQueue::find_or_make(const std::string& path, SteadyTime now) {
  const auto it = waiting_.find(path);
  if (it != waiting_.end()) return &it->second;
  if (waiting_.size() >= capacity_) return nullptr;
  Waiting& made = waiting_[path];
  made.suspect.path = path;
  made.first = now;
  made.due = now;
  order_.emplace(now, path);
  return &made;
}

void SuspectQueue::set_due(Waiting& waiting, SteadyTime due) {
  if (waiting.due == due) return;
  auto node = order_.extract({waiting.due, waiting.suspect.path});
  node.value().first = due;
  order_.insert(std::move(node));
  waiting.due = due;
}

bool SuspectQueue::add(const host::WatchEvent& event, std::optional<host::ProcessInfo> actor, SteadyTime now,
                       const SettleTimes& times) {
  Waiting* const waiting = find_or_make(event.path, now);
  if (waiting == nullptr) return false;
  QueuedSuspect& suspect = waiting->suspect;
  if (actor) suspect.actor = std::move(actor);
  suspect.was_seen_happening = true;
  if (event.was_closed) {
    waiting->is_open = false;
  } else if (event.was_written) {
    waiting->is_open = true;
  }
  const bool is_made = event.is_new && !event.is_moved && !event.is_directory;
  suspect.may_be_unwritten = (suspect.may_be_unwritten || is_made) && !event.was_closed;
  const SteadyTime due = waiting->is_open ? std::min(now + times.quiet, waiting->first + times.patience)
                                          : std::min(now + times.settle, waiting->first + times.patience);
  set_due(*waiting, due);
  return true;
}

bool SuspectQueue::add_from_scan(const std::string& path, SteadyTime now, milliseconds delay) {
  if (waiting_.contains(path)) return true;
  Waiting* const waiting = find_or_make(path, now);
  if (waiting == nullptr) return false;
  set_due(*waiting, now + delay);
  return true;
}

void SuspectQueue::put_back(QueuedSuspect suspect, SteadyTime now, milliseconds delay) {
  const std::string path = suspect.path;
  const auto it = waiting_.find(path);
  if (it != waiting_.end()) {  // something new happened to it; that sets the time
    it->second.suspect.attempts = std::max(it->second.suspect.attempts, suspect.attempts);
    if (!it->second.suspect.actor) it->second.suspect.actor = std::move(suspect.actor);
    return;
  }
  Waiting& waiting = waiting_[path];  // even above the capacity: it was in the queue already
  waiting.suspect = std::move(suspect);
  waiting.first = now;
  waiting.due = now + delay;
  order_.emplace(waiting.due, path);
}

std::vector<QueuedSuspect> SuspectQueue::take(SteadyTime now, std::size_t count) {
  std::vector<QueuedSuspect> due;
  SteadyTime last{};
  while (!order_.empty()) {
    const auto first = order_.begin();
    if (first->first > now || (due.size() >= count && first->first != last)) break;
    last = first->first;
    const auto it = waiting_.find(first->second);
    due.push_back(std::move(it->second.suspect));
    waiting_.erase(it);
    order_.erase(first);
  }
  return due;
}

std::optional<SteadyTime> SuspectQueue::next_due() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

}  // namespace warder::integrity
