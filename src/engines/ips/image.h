// Compiled rules as a file: the rules' texts with everything that was read for them, and the pattern databases. Opening
// one compiles no pattern and reads no other file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/replay.h"
#include "engines/ips/rule_set.h"

namespace warder::ips {

bool is_image(ByteView bytes) noexcept;

struct CompiledImage {
  Bytes bytes;
  std::shared_ptr<const RuleSet> rules;
};
/// Settings of variables, over the defaults.
using VariableSettings = std::vector<std::pair<std::string, std::string>>;
Variables with_settings(const VariableSettings& settings);

/// Loads, compiles, and writes down. Internal when the pattern matcher refuses.
Result<CompiledImage> make_image(const std::vector<RuleFile>& files, const VariableSettings& variables,
                                 const std::function<Result<std::string>(const std::string& path)>& read);

/// The rules of an image. Corrupt when its bytes are damaged; Stale when another release or another kind of
/// processor made it: compile it again.
Result<std::shared_ptr<const RuleSet>> open_image(ByteView bytes);

}  // namespace warder::ips
