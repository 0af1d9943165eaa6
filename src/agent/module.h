// What the agent asks of a protection module. An adapter (module_integrity.cc …) joins an engine to the host's ports;
// it lives in a worker process of its own with only the privileges it names here.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "host/clock.h"
#include "model/event.h"

namespace warder::protocol {
class Envelope;
}
namespace warder::agent {
class ProcessInspector;
class GuardClient;
}  // namespace warder::agent

namespace warder::agent {

enum class ModuleCondition : std::uint8_t { Off, On, Degraded };
std::string_view name(ModuleCondition condition) noexcept;

struct ModuleStatus {
  ModuleCondition condition = ModuleCondition::Off;
  std::string reason;  // message id when degraded: "integrity.watch.overflow"
  std::map<std::string, std::uint64_t> counters;
};

/// Takes events from a module. Returns once they are in the agent's spool, so what a module remembers as reported
/// ("this is the new baseline") may be written after this returns. Thread-safe; blocks while the spool is behind.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual Result<void> emit(std::span<const Event> events) = 0;
};

/// Takes what a module has to say to the manager besides events. Messages are lost while there is no stream, so a
/// module must be able to say again what matters. Thread-safe.
class ManagerChannel {
 public:
  virtual ~ManagerChannel() = default;
  virtual Result<void> send(const protocol::Envelope& message) = 0;
};

struct ModuleContext {
  EventSink& events;
  Log& log;
  const host::Clock& clock;
  std::filesystem::path state_directory;         // the module's own, mode 0700
  std::filesystem::path content_directory = {};  // of the pack store (pack/pack_store.h); only to be read
  std::filesystem::path share_directory = {};    // content that came with the agent; only to be read
  ManagerChannel* manager = nullptr;             // absent in tests
  ProcessInspector* inspector = nullptr;         // of modules that ask for one
  GuardClient* guard = nullptr;                  // of anti-malware, when it is wanted
};

class Module {
 public:
  virtual ~Module() = default;
  /// Puts a policy section into force: all of it or, on error, none. Called again with the same section when the agent
  /// has new content packs. Called from another thread than run().
  virtual Result<void> configure(const boost::json::object& section) = 0;
  /// Works until `stop`. Returns early on failure, and is then restarted with back-off in a fresh process; or without
  /// one when its policy asks for what this process has given up, and a fresh one is to take its place.
  virtual Result<void> run(std::stop_token stop) = 0;
  /// A command from the manager or the CLI. Called from another thread than run().
  virtual Result<boost::json::object> execute(std::string_view name, const boost::json::object& arguments) = 0;
  /// What the manager says to this module: the hello's answer of each new stream, then answers to what it sent. Called
  /// from another thread than run(); hands over and returns.
  virtual void on_manager_message(const protocol::Envelope& /*message*/) {}
  /// Cheap; called every few seconds from another thread than run().
  [[nodiscard]] virtual ModuleStatus status() const = 0;
};

/// One row of modules.cc.
struct ModuleDescription {
  std::string_view name;  // also the policy section
  ModuleKind kind;
  std::vector<int> capabilities;  // linux/capability.h CAP_…: all others are dropped
  std::function<std::unique_ptr<Module>(ModuleContext&)> make;
  bool may_use_network = false;     // see SandboxOptions
  bool may_run_programs = false;    // see SandboxOptions
  bool inspects_processes = false;  // see SandboxOptions
  bool asks_inspector = false;      // it has a ProcessInspector beside it
  bool asks_guard = false;          // it has a guard and a gate (antimalware/guard.h) once its policy wants them
};

/// Every module this agent has, in the order in which they start.
std::span<const ModuleDescription> modules();

}  // namespace warder::agent
