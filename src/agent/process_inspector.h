// Looks at other processes for a worker that cannot: Landlock, which keeps the worker from writing, also hides what
// others run and have open (landlock(7), ptrace restrictions). So a process of its own does, which reads /proc, writes
// nothing, has no Landlock domain and a view of the file system that is read-only. It also follows the kernel's process
// events, so that one that ended right after it acted is still known.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "agent/channel.h"
#include "host/facts.h"
#include "host/process_events.h"
#include "host/process_table.h"
#include "host/recent_processes.h"

namespace warder::agent {

/// The worker's end. Thread-safe. Inspector and worker live and die together: when the inspector is gone or does not
/// answer, `on_lost` is called, which ends the worker, and the supervisor starts both anew.
class ProcessInspector {
 public:
  ProcessInspector(UniqueFd fd, std::function<void(const Error&)> on_lost);

  /// Names of accounts are looked up here. Outlived by this.
  [[nodiscard]] std::unique_ptr<host::ProcessTable> make_table();
  /// Processes and sockets from the inspector, all else from `here`. Outlived by this.
  [[nodiscard]] std::unique_ptr<host::HostFacts> make_facts(std::unique_ptr<host::HostFacts> here);

  /// How those that have ended are known: "ebpf", "connector", "none".
  Result<std::string> mechanism();

  Result<protocol::Inspected> ask(const protocol::Inspect& question);

 private:
  std::mutex mutex_;  // one question at a time
  Channel channel_;
  std::function<void(const Error&)> on_lost_;
};

/// What the inspector answers from.
struct InspectorPorts {
  host::RecentProcesses& processes;
  host::HostFacts& facts;
  host::ProcessEvents* events = nullptr;  // nullptr: this host tells none
};
/// Answers until the worker is gone.
void serve_inspector(Channel& channel, const InspectorPorts& ports);

/// Starts the inspector. Before the caller has threads, and before it enters its sandbox.
Result<UniqueFd> fork_process_inspector();

}  // namespace warder::agent
