// The sections a policy document can have: one for the agent itself and one for each engine.
#pragma once

#include <span>

#include "model/policy.h"

namespace warder::manager {

std::span<const PolicySection> policy_sections();

}  // namespace warder::manager
