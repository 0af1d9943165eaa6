// What SNS answers to Publish and PublishBatch (API version 2010-03-31, its XML form).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

struct SnsFailure {
  std::string code;  // "InternalError"; letters, digits and dots, or empty
  bool is_senders_fault = false;
};

/// The fate of each entry of a batch of `count`, by the ids "1" to "count": nothing where it was published. Corrupt
/// when an entry has no fate, or two.
Result<std::vector<std::optional<SnsFailure>>> parse_sns_batch(std::string_view xml, std::size_t count);
/// Corrupt when there is no message id in it.
Result<void> parse_sns_publish(std::string_view xml);
/// The code of an error's answer, or empty.
std::string parse_sns_error(std::string_view xml);

}  // namespace warder::manager
