// Which findings are explained, and which had better wait until a package manager has written down what it did.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "engines/integrity/engine.h"
#include "host/facts.h"

namespace warder::agent {

/// What explains changes besides the policy. All may be empty.
struct IntegrityExplanations {
  host::HostFacts* facts = nullptr;
  std::function<bool()> is_package_manager_busy;
};

struct Explanation {
  std::string by;  // empty: nothing explains it
  bool must_wait = false;
};

/// In the order of the findings.
Result<std::vector<Explanation>> explain_findings(const integrity::Compiled& policy,
                                                  std::span<const integrity::Finding> findings, host::FileTree& tree,
                                                  const IntegrityExplanations& explanations, Timestamp now);

/// A package manager holds the lock of dpkg or rpm.
bool is_package_database_locked();

}  // namespace warder::agent
