// What OpenSearch answers to a bulk request.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

struct BulkItem {
  std::int64_t status = 0;  // as of HTTP
  std::string error;  // a word like "mapper_parsing_exception", or empty; never a sentence, which may hold anything
};

/// The fate of each document of the request, by their ids in its order. Corrupt, with the end of a sentence, unless
/// each has one in its place.
Result<std::vector<BulkItem>> parse_bulk_answer(std::string_view body, std::span<const std::string> ids);

}  // namespace warder::manager
