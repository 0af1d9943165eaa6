// What Splunk's collector, or who poses as it, answers: acknowledged is only what was asked for, and an error is one
// that is known.
#include "manager/siem/splunk_answer.h"

#include <cstdint>
#include <cstdlib>
#include <vector>

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
  const auto error = parse_splunk_error(text);
  if (error) check(error->code > 0 && !error->text.empty());
  const auto taken = parse_splunk_taken(text, false);
  if (taken) check(!*taken && !error);
  const auto numbered = parse_splunk_taken(text, true);
  if (numbered) check(numbered->has_value() && taken.has_value());
  const std::vector<std::int64_t> asked{0, 1, 7, -1};
  const auto acknowledged = parse_splunk_acks(text, asked);
  if (acknowledged)
    for (const std::int64_t each : *acknowledged) check(each == 0 || each == 1 || each == 7 || each == -1);
  return 0;
}
