// The policy in force: kept over restarts, so that a host protects itself before it reaches its manager, and changed
// all or nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/module_host.h"
#include "base/json.h"
#include "model/agent_policy.h"
#include "sinks/forwarding_policy.h"

namespace warder::agent {

struct Policy {
  std::string digest;
  std::string id;
  std::string name;
  std::string document;  // JSON as the manager sent it
};
Result<std::optional<Policy>> load_policy(const std::filesystem::path& file);
Result<void> save_policy(const std::filesystem::path& file, const Policy& policy);

/// What each module and the agent itself get of a document.
struct PolicySections {
  AgentPolicy agent;
  sinks::ForwardingPolicy forwarding;
  std::map<std::string, std::string, std::less<>> modules;  // JSON text; "{}" when the document has no such section
};
Result<PolicySections> read_sections(const Policy& policy, const std::vector<std::unique_ptr<ModuleHost>>& modules);

/// Single-threaded: all on the loop's thread.
class PolicyKeeper {
 public:
  using Applied = std::function<void(const Policy& policy, std::string error)>;

  PolicyKeeper(std::filesystem::path file, std::vector<std::unique_ptr<ModuleHost>>& modules)
      : file_(std::move(file)), modules_(modules) {}

  /// Asks one module after the other. If one refuses, those asked before get their old section back, and the old policy
  /// stays in force and on the disk. A policy that arrives meanwhile waits; of several, the last.
  void apply(Policy policy, Applied done);
  /// The policy of the last run. Here each module stands for itself: one that refuses is degraded, the others protect.
  void restore(const Policy& policy);

  [[nodiscard]] const std::optional<Policy>& current() const noexcept { return current_; }
  [[nodiscard]] const AgentPolicy& agent() const noexcept { return agent_; }
  [[nodiscard]] const sinks::ForwardingPolicy& forwarding() const noexcept { return forwarding_; }

 private:
  struct Change {
    Policy policy;
    Applied done;
    PolicySections sections;
    std::size_t next = 0;  // module to be asked
    std::vector<std::optional<std::string>> before;
    std::string error;
  };

  void ask_next();
  void keep();
  void put_back_next();
  void finish();
  void begin_next();

  std::filesystem::path file_;
  std::vector<std::unique_ptr<ModuleHost>>& modules_;
  std::optional<Policy> current_;
  AgentPolicy agent_;
  sinks::ForwardingPolicy forwarding_;
  std::unique_ptr<Change> change_;
  std::optional<std::pair<Policy, Applied>> waiting_;
};

}  // namespace warder::agent
