// What OpenSearch, or who poses as it, answers to a bulk request: each document has one fate in its place or the answer
// is refused, and errors are words.
#include "manager/siem/opensearch_answer.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

namespace {

using namespace warder;
using namespace warder::manager;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const std::vector<std::string> all{"0192f0c1-0000-7000-8000-000000000001", "0192f0c1-0000-7000-8000-000000000002"};
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    const auto items = parse_bulk_answer(text, std::span(all).first(count));
    if (!items) continue;
    check(items->size() == count);
    for (const BulkItem& each : *items)
      check(each.error.size() <= 80 &&
            std::ranges::all_of(each.error, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
  }
  return 0;
}
