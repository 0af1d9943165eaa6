// The worker's side of `warder-agent worker <module>`: one module in a process of its own, driven by the supervisor.
#pragma once

#include <span>
#include <string_view>

#include "agent/channel.h"
#include "agent/module.h"

namespace warder::agent {

/// The exit code of a worker whose module asks for a fresh process: no failure.
inline constexpr int kStartAnew = 75;

struct ModuleDirectories {
  std::filesystem::path state;
  std::filesystem::path content = {};
  std::filesystem::path share = {};
};

/// Serves the channel until the supervisor says stop or is gone; returns the process's exit code. The caller has
/// entered the sandbox. The module runs on its own thread from the first policy on; policies and commands are carried
/// out on another, so that neither waits for the spool on the thread that reads the channel.
int run_worker(const ModuleDescription& description, Channel& channel, Log& log, const host::Clock& clock,
               const ModuleDirectories& directories, ProcessInspector* inspector = nullptr,
               GuardClient* guard = nullptr);

/// nullptr when there is no such module.
const ModuleDescription* find_module(std::span<const ModuleDescription> modules, std::string_view name) noexcept;

}  // namespace warder::agent
