#include "host/recent_processes.h"

namespace warder::host {

void RecentProcesses::note(std::int32_t pid, Known known) {
  if (known_.size() < kMaxProcesses || known_.contains(pid)) known_[pid] = {std::move(known), 0};
}

RecentProcesses::Known RecentProcesses::known_of(std::int32_t pid) {
  const auto it = known_.find(pid);
  if (it != known_.end()) return it->second.info;
  auto info = live_.find(pid);
  if (!info) return nullptr;
  auto known = std::make_shared<const ProcessInfo>(std::move(*info));
  note(pid, known);
  return known;
}

void RecentProcesses::on_fork(std::int32_t parent, std::int32_t child) {
  known_.erase(child);
  const Known of_parent = known_of(parent);
  if (!of_parent) return;
  ProcessInfo info = *of_parent;
  info.pid = child;
  info.parent = parent;
  info.start_tick = 0;
  note(child, std::make_shared<const ProcessInfo>(std::move(info)));
}

void RecentProcesses::on_exec(std::int32_t pid) {
  auto info = live_.find(pid);
  // Ended before it could be read: what it was before the exec is not what it became.
  if (!info || info->executable.empty()) {
    known_.erase(pid);
    return;
  }
  note(pid, std::make_shared<const ProcessInfo>(std::move(*info)));
}

void RecentProcesses::on_exec(ProcessInfo told) {
  const std::int32_t pid = told.pid;
  const auto before = known_.find(pid);
  if (told.control_group.empty() && before != known_.end()) {
    told.control_group = before->second.info->control_group;
    told.container_id = before->second.info->container_id;
  }
  note(pid, std::make_shared<const ProcessInfo>(std::move(told)));
}

void RecentProcesses::on_exit(std::int32_t pid) {
  const auto it = known_.find(pid);
  if (it == known_.end()) return;
  it->second.end = ++ends_;
  ended_.emplace_back(pid, ends_);
  if (ended_.size() <= kMaxEnded) return;
  const auto [oldest, end] = ended_.front();
  ended_.pop_front();
  const auto old = known_.find(oldest);
  if (old != known_.end() && old->second.end == end) known_.erase(old);
}

void RecentProcesses::forget() noexcept {
  known_.clear();
  ended_.clear();
}

std::optional<ProcessInfo> RecentProcesses::find(std::int32_t pid) const {
  auto now = live_.find(pid);
  // One that has ended and waits for its parent has lost its program, which is the empty text in /proc; it may end
  // while it is read.
  if (now && !now->executable.empty() && !now->command_line.empty()) return now;
  const auto it = known_.find(pid);
  if (it == known_.end() || (now && !now->executable.empty() && it->second.info->command_line.empty())) return now;
  return *it->second.info;
}

}  // namespace warder::host
